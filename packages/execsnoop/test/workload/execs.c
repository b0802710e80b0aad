// SPDX-License-Identifier: GPL-2.0-or-later
// Compiled with: -static
/* Runs itself in every way there is, and fails to in many: `execs FOLDER`. Each program that began
 * tells on stdout what it sees of itself, each caller what it passed and got, each parent how its
 * child ended; one JSON object per line, texts in hexadecimal. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIND "EXECS_KIND" /* set: this is a program that began */

static char self[4096];
static char *folder;

static void hex(const char *name, const char *text)
{
	printf("\"%s\":\"", name);
	for (; *text; text++)
		printf("%02x", (unsigned char)*text);
	printf("\"");
}

static void hex_list(const char *name, char *const list[])
{
	printf("\"%s\":[", name);
	for (int i = 0; list[i]; i++) {
		printf("%s\"", i ? "," : "");
		for (const char *at = list[i]; *at; at++)
			printf("%02x", (unsigned char)*at);
		printf("\"");
	}
	printf("]");
}

/* What a program sees of itself, then the end that its kind asks for. */
static int report(const char *kind, char *argv[])
{
	char exe[4096] = "", cwd[4096] = "", comm[17] = "";
	int code = 0;

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		strcpy(exe, "?");
	prctl(PR_GET_NAME, comm);
	printf("{\"type\":\"exec\",\"kind\":\"%s\",\"pid\":%d,\"ppid\":%d,\"uid\":%d,", kind,
	       getpid(), getppid(), getuid());
	hex("exe", exe), printf(",");
	hex("cwd", getcwd(cwd, sizeof(cwd)) ? cwd : "?"), printf(",");
	hex("comm", comm), printf(",");
	hex_list("argv", argv);
	printf("}\n");
	fflush(stdout);
	if (!strcmp(kind, "killed"))
		raise(SIGKILL);
	if (!strcmp(kind, "plain"))
		code = 42;
	return code;
}

static char *const *environment(const char *kind)
{
	static char variable[64];
	static char *environment[] = {variable, NULL};

	snprintf(variable, sizeof(variable), KIND "=%s", kind);
	return environment;
}

static void told_failure(const char *kind, const char *filename, char *const argv[])
{
	printf("{\"type\":\"failed\",\"kind\":\"%s\",\"pid\":%d,\"tid\":%ld,\"ret\":%d,", kind,
	       getpid(), syscall(SYS_gettid), -errno);
	hex("filename", filename ? filename : ""), printf(",");
	if (argv)
		hex_list("argv", argv);
	else
		printf("\"argv\":null");
	printf("}\n");
	fflush(stdout);
}

static void wait_for(pid_t pid, const char *kind)
{
	int status;

	waitpid(pid, &status, 0);
	printf("{\"type\":\"exit\",\"kind\":\"%s\",\"pid\":%d,\"code\":%d,\"signal\":%d}\n", kind,
	       pid, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	fflush(stdout);
}

struct call {
	const char *kind;
	int dir, flags;
	const char *filename;
	char **argv;
};

static void make_call(const struct call *call)
{
	if (call->dir == -1)
		execve(call->filename, call->argv, environment(call->kind));
	else
		syscall(SYS_execveat, call->dir, call->filename, call->argv,
			environment(call->kind), call->flags);
	told_failure(call->kind, call->filename, call->argv);
	_exit(127);
}

static void *in_thread(void *call)
{
	make_call(call);
	return NULL;
}

/* In a child: execve(), or execveat() when there is a directory. */
static void run(struct call call, int threaded, const char *root, const char *cwd)
{
	pid_t pid = fork();
	pthread_t thread;

	if (pid) {
		wait_for(pid, call.kind);
		return;
	}
	prctl(PR_SET_NAME, "caller");
	if (cwd && chdir(cwd))
		_exit(126);
	if (root && (chroot(root) || chdir("/")))
		_exit(126);
	if (!threaded)
		make_call(&call);
	pthread_create(&thread, NULL, in_thread, &call);
	pthread_join(thread, NULL);
}

static char *path(const char *name)
{
	char *text;

	if (asprintf(&text, "%s/%s", folder, name) < 0)
		exit(1);
	return text;
}

static void write_file(const char *name, const char *text, int mode)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(1);
	close(fd);
	chmod(name, mode);
}

static int copy_of_self(int into)
{
	char bytes[65536];
	int from = open(self, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	while ((got = read(from, bytes, sizeof(bytes))) > 0)
		if (write(into, bytes, got) != got)
			exit(1);
	close(from);
	return into;
}

static char *repeated(char letter, size_t count)
{
	char *text = calloc(1, count + 1);

	memset(text, letter, count);
	return text;
}

/* `count` arguments of `size` letters. */
static char **many(int count, size_t size)
{
	char **argv = calloc(count + 1, sizeof(char *));

	for (int i = 0; i < count; i++)
		argv[i] = repeated('a' + i % 26, size);
	return argv;
}

static void succeed(void)
{
	char *plain[] = {"execs", "one", "two words", NULL};
	char *odd[] = {"", "", "\xff\x1b[31m\n", "--x=\"y\"", "", NULL};
	char *script = path("script"), *link = path("link"), *gone = path("gone");
	char *inside = path("root/execs"), *root = path("root"), *deep = path("a/b/c/d/e/f");
	char *shebang;
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = open(self, O_PATH | O_CLOEXEC);
	int memory = copy_of_self(memfd_create("in memory", MFD_CLOEXEC));
	pid_t pid;

	if (asprintf(&shebang, "#!%s optional\n", self) < 0)
		exit(1);
	write_file(script, shebang, 0755);
	if (symlink(self, link))
		exit(1);
	mkdir(root, 0755);
	close(copy_of_self(open(inside, O_CREAT | O_WRONLY, 0755)));
	close(copy_of_self(open(gone, O_CREAT | O_WRONLY, 0755)));
	for (char *at = deep + strlen(folder); (at = strchr(at + 1, '/'));) {
		*at = 0;
		mkdir(deep, 0755);
		*at = '/';
	}
	mkdir(deep, 0755);

	run((struct call){"plain", -1, 0, self, plain}, 0, NULL, NULL);
	run((struct call){"odd", -1, 0, self, odd}, 0, NULL, deep);
	run((struct call){"killed", -1, 0, self, plain}, 0, NULL, NULL);
	run((struct call){"thread", -1, 0, self, plain}, 1, NULL, NULL);
	run((struct call){"link", -1, 0, link, plain}, 0, NULL, NULL);
	run((struct call){"relative", -1, 0, "./link", plain}, 0, NULL, folder);
	run((struct call){"script", -1, 0, script, plain}, 0, NULL, NULL);
	run((struct call){"directory", dir, 0, "link", plain}, 0, NULL, NULL);
	run((struct call){"descriptor", fd, AT_EMPTY_PATH, "", plain}, 0, NULL, NULL);
	run((struct call){"memfd", memory, AT_EMPTY_PATH, "", plain}, 0, NULL, NULL);
	run((struct call){"chroot", -1, 0, "/execs", plain}, 0, root, NULL);
	run((struct call){"many", -1, 0, self, many(3000, 7)}, 0, NULL, NULL);
	run((struct call){"long", -1, 0, self, many(2, 32000)}, 0, NULL, NULL);
	run((struct call){"too_long", -1, 0, self, many(5, 60000)}, 0, NULL, NULL);

	pid = fork();
	if (!pid) { /* the program's name is gone before it begins */
		int open_one = open(gone, O_PATH | O_CLOEXEC);

		prctl(PR_SET_NAME, "caller");
		unlink(gone);
		make_call(&(struct call){"deleted", open_one, AT_EMPTY_PATH, "", plain});
	}
	wait_for(pid, "deleted");

	prctl(PR_SET_NAME, "caller");
	if (posix_spawn(&pid, self, NULL, NULL, plain, environment("spawned")))
		exit(1);
	wait_for(pid, "spawned");
}

static void fail_to(void)
{
	char *plain[] = {"execs", "one", "two words", NULL};
	char *empty = path("empty"), *closed = path("closed"), *below = path("empty/below");

	write_file(empty, "", 0755);
	write_file(closed, "x", 0644);
	run((struct call){"ENOENT", -1, 0, "/nowhere/at all", plain}, 0, NULL, NULL);
	run((struct call){"EACCES", -1, 0, closed, plain}, 0, NULL, NULL);
	run((struct call){"ENOEXEC", -1, 0, empty, plain}, 0, NULL, NULL);
	run((struct call){"ENOTDIR", -1, 0, below, plain}, 1, NULL, NULL);
	run((struct call){"EBADF", 999, 0, "relative", plain}, 0, NULL, NULL);
	run((struct call){"many_ENOENT", -1, 0, "/nowhere", many(50, 100)}, 0, NULL, NULL);
}

int main(int argc, char *argv[])
{
	const char *kind = getenv(KIND);
	ssize_t length;

	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	if (kind)
		return report(kind, argv);
	if (argc != 2 || (length = readlink("/proc/self/exe", self, sizeof(self) - 1)) < 0)
		return 2;
	self[length] = 0;
	folder = argv[1];
	succeed();
	fail_to();
	return 0;
}
