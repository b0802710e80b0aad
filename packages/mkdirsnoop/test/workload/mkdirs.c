/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ground truth for mkdirsnoop: makes directories in every way there is, COUNT of each kind, below
 * the empty directory DIR, and prints one JSON line per call with what it passed and what it got.
 * Bytes are written in hex, since names may hold anything. usage: mkdirs DIR COUNT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char top[2048];
static int count;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void hex(const char *key, const char *text)
{
	printf(",\"%s\":", key);
	if (!text) {
		printf("null");
		return;
	}
	putchar('"');
	for (const unsigned char *at = (const unsigned char *)text; *at; at++)
		printf("%02x", *at);
	putchar('"');
}

/* path: what the tool should name, NULL when it cannot know. made: where to stat the result. */
static void report(const char *kind, const char *argv, const char *path, unsigned mode, int ret,
		   const char *made)
{
	struct stat st = {};

	/* Before 5.15 io_uring knows no mkdirat and refuses the request unread: no mkdir happens.
	 */
	if (strncmp(kind, "uring", 5) == 0 && ret == -EINVAL)
		return;

	if (made && ret == 0 && stat(made, &st))
		die(made);
	printf("{\"kind\":\"%s\",\"pid\":%d,\"tid\":%ld,\"uid\":%d,\"mode\":%u,\"ret\":%d,\"ino\":%"
	       "llu",
	       kind, getpid(), syscall(SYS_gettid), getuid(), mode, ret,
	       (unsigned long long)st.st_ino);
	hex("argv", argv);
	hex("path", path);
	printf("}\n");
}

static int call_mkdirat(int dfd, const char *path, unsigned mode)
{
	return syscall(SYS_mkdirat, dfd, path, mode) ? -errno : 0;
}

static int call_mkdir(const char *path, unsigned mode)
{
#ifdef SYS_mkdir
	return syscall(SYS_mkdir, path, mode) ? -errno : 0;
#else
	return call_mkdirat(AT_FDCWD, path, mode);
#endif
}

static char *format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		die("vasprintf");
	va_end(args);
	return text;
}

static void absolute(int i)
{
	char *path = format("%s/absolute-%d", top, i);

	report("absolute", path, path, 0755, call_mkdir(path, 0755), path);
}

static void relative(int i)
{
	char *name = format("relative-%d", i), *path = format("%s/%s", top, name);

	report("relative", name, path, 0700, call_mkdir(name, 0700), path);
}

static void at_fdcwd(int i)
{
	char *name = format("fdcwd-%d/", i), *path = format("%s/fdcwd-%d", top, i);

	report("at_fdcwd", name, path, 0711, call_mkdirat(AT_FDCWD, name, 0711), path);
}

static void by_fd(int i)
{
	char *name = format("byfd-%d", i), *path = format("%s/sub/%s", top, name);
	int fd = open("sub", O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		die("open sub");
	report("by_fd", name, path, 0750, call_mkdirat(fd, name, 0750), path);
	close(fd);
}

static void dots(int i)
{
	char *name = format("sub/..//./sub/dots-%d", i), *path = format("%s/sub/dots-%d", top, i);

	report("dots", name, path, 0755, call_mkdir(name, 0755), path);
}

static void hostile(int i)
{
	char *name = format("new\nline \x1b[31m\xff\xfe\"\\\t\xe2\x80\xae %d", i);
	char *path = format("%s/%s", top, name);

	report("hostile", name, path, 0755, call_mkdir(name, 0755), path);
}

static void long_path(int i)
{
	char segment[201], *name = format("long-%d", i);

	memset(segment, 'x', 200);
	segment[200] = 0;
	for (int depth = 0; depth < 6; depth++)
		name = format("%s/%s", name, segment);
	report("long_path", name, format("%s/%s", top, name), 0755, call_mkdir(name, 0755), NULL);
}

static void exists(int i)
{
	(void)i;
	report("exists", "sub", format("%s/sub", top), 0755, call_mkdir("sub", 0755), NULL);
}

static void no_parent(int i)
{
	char *name = format("missing/child-%d", i), *path = format("%s/%s", top, name);

	report("no_parent", name, path, 0755, call_mkdir(name, 0755), NULL);
}

static void not_a_directory(int i)
{
	char *name = format("file/child-%d", i), *path = format("%s/%s", top, name);

	report("not_a_directory", name, path, 0755, call_mkdir(name, 0755), NULL);
}

static void bad_fd(int i)
{
	char *name = format("badfd-%d", i);

	report("bad_fd", name, NULL, 0755, call_mkdirat(9999, name, 0755), NULL);
}

static void bad_address(int i)
{
	(void)i;
	report("bad_address", NULL, NULL, 0755, call_mkdir((char *)16, 0755), NULL);
}

static void empty(int i)
{
	(void)i;
	report("empty", "", NULL, 0755, call_mkdir("", 0755), NULL);
}

static void too_long(int i)
{
	static char name[5000], seen[4096];

	(void)i;
	memset(name, 'y', sizeof(name) - 1);
	memset(seen, 'y', sizeof(seen) - 1);
	report("too_long", seen, NULL, 0755, call_mkdir(name, 0755), NULL);
}

static void *thread_main(void *index)
{
	char *name = format("thread-%d", (int)(intptr_t)index), *path = format("%s/%s", top, name);

	report("thread", name, path, 0755, call_mkdir(name, 0755), path);
	return NULL;
}

static void thread(int i)
{
	pthread_t id;

	if (pthread_create(&id, NULL, thread_main, (void *)(intptr_t)i))
		die("pthread_create");
	pthread_join(id, NULL);
}

static void cold_page(int i)
{
	char *path = format("%s/cold-%d", top, i), *file = format("%s/cold-name-%d", top, i);
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *map;

	if (write(fd, path, strlen(path) + 1) < 0)
		die("write");
	map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	report("cold_page", path, path, 0755, call_mkdir(map, 0755), path);
	munmap(map, 4096);
	close(fd);
	unlink(file);
}

static void deep(int i)
{
	char *path = strdup(top), *name = format("deep-%d", i);
	int home = open(".", O_RDONLY | O_DIRECTORY);

	for (int depth = 0; depth < 40; depth++) {
		char *dir = format("d%d", depth);

		path = format("%s/%s", path, dir);
		if (i == 0)
			report("deep", dir, path, 0755, call_mkdir(dir, 0755), NULL);
		if (chdir(dir))
			die("deep chdir");
	}
	report("deep", name, format("%s/%s", path, name), 0755, call_mkdir(name, 0755), NULL);
	if (fchdir(home))
		die("fchdir");
	close(home);
}

/* io_uring by system calls alone: one ring, one request. */
static int uring_mkdirat(int dfd, const char *path, unsigned mode)
{
	struct io_uring_params params = {};
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqe;
	char *sq, *cq;
	unsigned *tail, index;
	int ring = syscall(SYS_io_uring_setup, 4, &params), res;

	if (ring < 0)
		return -errno;
	sq = mmap(NULL, params.sq_off.array + params.sq_entries * 4, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	cq = mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(*cqe),
		  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
	sqes = mmap(NULL, params.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
	memset(&sqes[0], 0, sizeof(sqes[0]));
	sqes[0].opcode = 37; /* IORING_OP_MKDIRAT */
	sqes[0].fd = dfd;
	sqes[0].addr = (uintptr_t)path;
	sqes[0].len = mode;
	tail = (unsigned *)(sq + params.sq_off.tail);
	index = *tail & *(unsigned *)(sq + params.sq_off.ring_mask);
	((unsigned *)(sq + params.sq_off.array))[index] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		die("io_uring_enter");
	cqe = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
	res = cqe[*(unsigned *)(cq + params.cq_off.head) &
		  *(unsigned *)(cq + params.cq_off.ring_mask)]
		  .res;
	close(ring);
	return res;
}

static void uring(int i)
{
	char *name = format("uring-%d", i), *path = format("%s/%s", top, name);

	report("uring", name, path, 0755, uring_mkdirat(AT_FDCWD, name, 0755), path);
}

static void uring_long(int i)
{
	char *name = format("uring-%0250d/x", i), *path = format("%s/%s", top, name);

	report("uring_long", name, path, 0755, uring_mkdirat(AT_FDCWD, name, 0755), NULL);
}

/* These run in a child, which changes what it sees of the file system. */
static void in_chroot(int i)
{
	char *name = format("/sub/chroot-%d", i);

	if (i == 0 && (chroot(top) || chdir("/")))
		die("chroot");
	report("in_chroot", name, name, 0755, call_mkdir(name, 0755), name);
}

static void in_chroot_relative(int i)
{
	char *name = format("chroot-relative-%d", i), *path = format("/sub/%s", name);

	if (i == 0 && (chroot(top) || chdir("/sub")))
		die("chroot");
	report("in_chroot_relative", name, path, 0755, call_mkdir(name, 0755), path);
}

/* In a mount namespace of its own, on a mount that only that has. */
static void on_mount(int i, const char *kind, const char *source, const char *type, int flags)
{
	char *name = format("%s-%d", kind, i), *dir = format("%s/%s", top, kind);
	char *path = format("%s/%s", dir, name);

	if (i == 0) {
		report("setup", dir, dir, 0755, call_mkdir(dir, 0755), dir);
		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount(source, dir, type, flags, NULL) || chdir(dir))
			die(kind);
	}
	name = i % 2 ? path : name; /* an absolute one crosses the mount on its way */
	report(kind, name, path, 0755, call_mkdir(name, 0755), path);
}

static void on_bind_mount(int i)
{
	on_mount(i, "on_bind_mount", format("%s/sub", top), NULL, MS_BIND);
}

static void on_private_tmpfs(int i)
{
	on_mount(i, "on_private_tmpfs", "none", "tmpfs", 0);
}

static void as_nobody(int i)
{
	char *name = format("nobody-%d", i), *path = format("%s/%s", top, name);

	if (i == 0 && setuid(65534))
		die("setuid");
	report("as_nobody", name, path, 0755, call_mkdir(name, 0755), NULL);
}

static void repeat(void (*kind)(int))
{
	for (int i = 0; i < count; i++)
		kind(i);
	fflush(stdout);
}

static void repeat_in_child(void (*kind)(int))
{
	int status;

	if (fork() == 0) {
		repeat(kind);
		_exit(0);
	}
	if (wait(&status) < 0 || status)
		die("child");
}

int main(int argc, char **argv)
{
	void (*here[])(int) = {absolute,  relative, at_fdcwd,  by_fd,		dots,
			       hostile,	  exists,   no_parent, bad_fd,		bad_address,
			       empty,	  too_long, thread,    not_a_directory, cold_page,
			       long_path, deep,	    uring,     uring_long,	NULL};
	void (*apart[])(int) = {in_chroot,	  in_chroot_relative, on_bind_mount,
				on_private_tmpfs, as_nobody,	      NULL};

	if (argc != 3 || !realpath(argv[1], top) || (count = atoi(argv[2])) < 1) {
		fprintf(stderr, "usage: mkdirs DIR COUNT\n");
		return 2;
	}
	umask(0);
	if (chdir(top) || close(open("file", O_CREAT | O_WRONLY, 0600)))
		die(top);
	report("setup", "sub", format("%s/sub", top), 0755, call_mkdir("sub", 0755), "sub");
	for (void (**kind)(int) = here; *kind; kind++)
		repeat(*kind);
	for (void (**kind)(int) = apart; *kind; kind++)
		repeat_in_child(*kind);
	return 0;
}
