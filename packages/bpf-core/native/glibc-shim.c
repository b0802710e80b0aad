// SPDX-License-Identifier: GPL-2.0-or-later
//
// Three symbols that newer glibc would otherwise be asked for, so that the addon also runs where
// Node 20 itself still runs (glibc 2.28). Seen inside the addon only.
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIDDEN __attribute__((visibility("hidden")))

// fstat got a symbol of its own in glibc 2.33; libelf and libbpf call it.
HIDDEN int fstat(int fd, struct stat *buf)
{
	return (int)syscall(SYS_fstat, fd, buf);
}

HIDDEN int fstat64(int fd, struct stat64 *buf)
{
	return (int)syscall(SYS_fstat, fd, buf);
}

// Since glibc 2.32 libstdc++ asks whether atomics can be left out; node has threads always.
HIDDEN char __libc_single_threaded = 0;
