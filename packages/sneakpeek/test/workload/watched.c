// SPDX-License-Identifier: GPL-2.0-or-later
// watched DIRECTORY: changes files in every way there is, and prints what each did, a JSON object a
// line: operation, path and, of renames and links, the older name; and how, where that is not a
// system call of the machine's own. Calls that fail print nothing: some kernels and file systems
// lack some.
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

static const char *top;
/* By which way the next ones are done. */
static const char *way = "call";

static void told(long ret, const char *operation, const char *path, const char *from)
{
	if (ret < 0)
		return;
	printf("{\"way\":\"%s\",\"pid\":%d,\"operation\":\"%s\",\"path\":\"%s/%s\",\"from\":", way,
	       getpid(), operation, top, path);
	if (from)
		printf("\"%s/%s\"}\n", top, from);
	else
		printf("null}\n");
}

/* Each writes through an open of its own, since writes are told once a second for each. */
static int fresh(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

	told(fd, "create", name, NULL);
	return fd;
}

static void by_open(int dir)
{
	struct open_how how = {.flags = O_CREAT | O_WRONLY, .mode = 0600};

	told(open("open", O_CREAT | O_WRONLY, 0600), "create", "open", NULL);
	told(open("open", O_WRONLY | O_TRUNC), "write", "open", NULL);
	open("open", O_RDONLY);
	told(creat("creat", 0600), "create", "creat", NULL);
	told(openat(dir, "openat", O_CREAT | O_RDWR, 0600), "create", "sub/openat", NULL);
	told(syscall(SYS_openat2, dir, "openat2", &how, sizeof(how)), "create", "sub/openat2",
	     NULL);
}

static void by_write(void)
{
	struct iovec parts[2] = {{"one", 3}, {"two", 3}};
	int in = fresh("source"), pipes[2], fd;

	told(write(in, "contents", 8), "write", "source", NULL);
	told(pwrite(fresh("pwrite"), "x", 1, 5), "write", "pwrite", NULL);
	told(writev(fresh("writev"), parts, 2), "write", "writev", NULL);
	told(pwritev(fresh("pwritev"), parts, 2, 1), "write", "pwritev", NULL);
	told(pwritev2(fresh("pwritev2"), parts, 2, 1, 0), "write", "pwritev2", NULL);
	lseek(in, 0, SEEK_SET);
	told(sendfile(fresh("sendfile"), in, NULL, 4), "write", "sendfile", NULL);
	lseek(in, 0, SEEK_SET);
	told(copy_file_range(in, NULL, fresh("copied"), NULL, 4, 0), "write", "copied", NULL);
	if (pipe(pipes) == 0 && write(pipes[1], "piped", 5) == 5)
		told(splice(pipes[0], NULL, fresh("splice"), NULL, 5, 0), "write", "splice", NULL);
	told(ftruncate(fresh("ftruncate"), 100), "write", "ftruncate", NULL);
	told(fallocate(fresh("fallocate"), 0, 0, 4096), "write", "fallocate", NULL);
	told(truncate("pwrite", 2), "write", "pwrite", NULL);
	fd = open("/dev/null", O_WRONLY);
	if (write(fd, "x", 1) != 1 || write(fd, "", 0) != 0)
		perror("/dev/null");
	fd = memfd_create("no file of any directory", 0);
	if (write(fd, "x", 1) != 1 || ftruncate(fd, 100))
		perror("memfd");
}

static void by_name(int dir)
{
	told(mkdir("made", 0700), "create", "made", NULL);
	told(mkdirat(dir, "made", 0700), "create", "sub/made", NULL);
	told(mknod("fifo", S_IFIFO | 0600, 0), "create", "fifo", NULL);
	told(mknodat(dir, "../plain", S_IFREG | 0600, 0), "create", "plain", NULL);
	told(symlink("to", "symlink"), "create", "symlink", NULL);
	told(symlinkat("to", dir, "symlink"), "create", "sub/symlink", NULL);
	told(link("open", "./sub/../link"), "link", "link", "open");
	told(linkat(dir, "openat", AT_FDCWD, "linkat", 0), "link", "linkat", "sub/openat");
	told(rename("link", "renamed"), "rename", "renamed", "link");
	told(syscall(SYS_renameat2, dir, "openat2", AT_FDCWD, "moved", 0), "rename", "moved",
	     "sub/openat2");
	told(syscall(SYS_renameat2, AT_FDCWD, "moved", AT_FDCWD, "renamed", RENAME_EXCHANGE),
	     "rename", "renamed", "moved");
#ifdef SYS_renameat
	told(syscall(SYS_renameat, AT_FDCWD, "moved", dir, "back"), "rename", "sub/back", "moved");
#endif
	told(rename("missing", "nowhere"), "rename", "nowhere", "missing");
	told(unlink("linkat"), "delete", "linkat", NULL);
	told(unlinkat(dir, "openat", 0), "delete", "sub/openat", NULL);
	told(rmdir("made"), "delete", "made", NULL);
	told(unlinkat(dir, "made", AT_REMOVEDIR), "delete", "sub/made", NULL);
}

static void by_attribute(int dir)
{
	int fd = open("open", O_RDONLY);

	told(chmod("open", 0640), "mode", "open", NULL);
	told(fchmod(fd, 0644), "mode", "open", NULL);
	told(fchmodat(AT_FDCWD, "creat", 0644, 0), "mode", "creat", NULL);
	told(syscall(SYS_fchmodat2, AT_FDCWD, "creat", 0600, 0), "mode", "creat", NULL);
	told(chown("open", 0, 0), "owner", "open", NULL);
	told(lchown("symlink", 0, 0), "owner", "symlink", NULL);
	told(fchown(fd, 0, -1), "owner", "open", NULL);
	told(fchownat(dir, "", 0, 0, AT_EMPTY_PATH), "owner", "sub", NULL);
}

#include "ways.h"

int main(int argc, char **argv)
{
	int dir;

	if (argc < 2 || chdir(argv[1]))
		return 1;
	top = argv[1];
	told(mkdir("sub", 0700), "create", "sub", NULL);
	dir = open("sub", O_RDONLY | O_DIRECTORY);
	by_open(dir);
	by_write();
	by_name(dir);
	by_attribute(dir);
	by_map();
	by_bind();
	by_uring();
	by_32_bits();
	return 0;
}
