/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request of io_uring at a time, by raw system calls. */
#ifndef URING_H
#define URING_H

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <stdbool.h>
#include <string.h>
#include "inet.h"

struct uring {
	int fd;
	char *sq, *cq;
	struct io_uring_params params;
	struct io_uring_sqe *sqes;
};

static bool uring_open(struct uring *ring)
{
	struct io_uring_params *p = &ring->params;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, 8, p);
	if (ring->fd < 0)
		return false;
	ring->sq = mmap(NULL, p->sq_off.array + p->sq_entries * 4, PROT_READ | PROT_WRITE,
			MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->cq = mmap(NULL, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
			PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING);
	ring->sqes = mmap(NULL, p->sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
			  MAP_SHARED, ring->fd, IORING_OFF_SQES);
	if (ring->sq == MAP_FAILED || ring->cq == MAP_FAILED || ring->sqes == MAP_FAILED)
		die("mmap");
	return true;
}

/* Submits one request and waits; returns what its completion says. */
static int uring_submit(struct uring *ring, const struct io_uring_sqe *request)
{
	struct io_uring_params *p = &ring->params;
	unsigned *sq_tail = (unsigned *)(ring->sq + p->sq_off.tail);
	unsigned *array = (unsigned *)(ring->sq + p->sq_off.array);
	unsigned *cq_head = (unsigned *)(ring->cq + p->cq_off.head);
	unsigned *cq_tail = (unsigned *)(ring->cq + p->cq_off.tail);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(ring->cq + p->cq_off.cqes);
	unsigned slot = *sq_tail & (p->sq_entries - 1), head = *cq_head;
	int result;

	ring->sqes[slot] = *request;
	array[slot] = slot;
	__atomic_store_n(sq_tail, *sq_tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		die("io_uring_enter");
	while (head == __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE))
		syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	result = cqes[head & (p->cq_entries - 1)].res;
	__atomic_store_n(cq_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

static inline int uring_call(struct uring *ring, int opcode, int fd, const union address *to,
			     int flags)
{
	struct io_uring_sqe request = {.opcode = opcode, .flags = flags, .fd = fd};

	request.addr = (unsigned long)to;
	request.off = to ? size_of(to) : 0;
	return uring_submit(ring, &request);
}

#endif
