/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways to change files that are no system call of a 64-bit program with the name of the change. */
#ifndef WAYS_H
#define WAYS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "uring.h"

/* The first byte written to a page of a shared map. A private map changes no file. */
static void by_map(void)
{
	int fd = fresh("mapped");
	char *shared, *private;

	told(ftruncate(fd, 4096), "write", "mapped", NULL);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	way = "map";
	/* Opened anew, since writes through one file are told once a second. */
	fd = open("mapped", O_RDWR);
	private[1] = 'p';
	munmap(shared, 4096);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	shared[0] = 's';
	told(0, "write", "mapped", NULL);
	way = "call";
}

static void by_bind(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};

	way = "inside";
	told(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, sizeof(name)), "create", "socket",
	     NULL);
	way = "call";
}

/* Opcodes are spelled out: headers may be older than kernels. */
enum { OPENAT = 18, WRITE = 23, RENAMEAT = 35, UNLINKAT = 36, MKDIRAT = 37 };

static void by_uring(void)
{
	struct io_uring_sqe open_it = {.opcode = OPENAT, .fd = AT_FDCWD, .len = 0600};
	struct io_uring_sqe write_it = {.opcode = WRITE, .len = 5};
	struct io_uring_sqe mkdir_it = {.opcode = MKDIRAT, .fd = AT_FDCWD, .len = 0700};
	struct io_uring_sqe rename_it = {.opcode = RENAMEAT, .fd = AT_FDCWD, .len = AT_FDCWD};
	struct io_uring_sqe unlink_it = {.opcode = UNLINKAT, .fd = AT_FDCWD};
	struct uring ring;
	int fd;

	if (!uring_open(&ring))
		return;
	way = "uring open";
	open_it.addr = (uintptr_t)"uring";
	open_it.open_flags = O_CREAT | O_EXCL | O_RDWR;
	fd = uring_submit(&ring, &open_it);
	told(fd, "create", "uring", NULL);
	way = "uring write";
	write_it.fd = fd;
	write_it.addr = (uintptr_t)"bytes";
	told(uring_submit(&ring, &write_it), "write", "uring", NULL);
	way = "inside";
	mkdir_it.addr = (uintptr_t)"uring made";
	told(uring_submit(&ring, &mkdir_it), "create", "uring made", NULL);
	rename_it.addr = (uintptr_t)"uring";
	rename_it.off = (uintptr_t)"uring moved";
	told(uring_submit(&ring, &rename_it), "rename", "uring moved", "uring");
	unlink_it.addr = (uintptr_t)"uring moved";
	/* On a thread of io_uring's own. */
	unlink_it.flags = IOSQE_ASYNC;
	told(uring_submit(&ring, &unlink_it), "delete", "uring moved", NULL);
	way = "call";
}

#if defined(__x86_64__)
/* As a 32-bit program would call it. Addresses have to fit. */
static long call_32(long number, long first, long second, long third)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(number), "b"(first), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

/* arch/x86/entry/syscalls/syscall_32.tbl */
enum { WRITE_32 = 4, OPEN_32 = 5, UNLINK_32 = 10, CHMOD_32 = 15, MKDIR_32 = 39 };

static void by_32_bits(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long name = (long)low, fd;

	if (low == MAP_FAILED)
		return;
	way = "inside";
	strcpy(low, "short");
	fd = call_32(OPEN_32, name, O_CREAT | O_EXCL | O_RDWR, 0600);
	told(fd, "create", "short", NULL);
	told(call_32(WRITE_32, fd, name, 5), "write", "short", NULL);
	told(call_32(CHMOD_32, name, 0640, 0), "mode", "short", NULL);
	told(call_32(UNLINK_32, name, 0, 0), "delete", "short", NULL);
	told(call_32(MKDIR_32, name, 0700, 0), "create", "short", NULL);
	way = "call";
}
#else
static void by_32_bits(void) {}
#endif

#endif
