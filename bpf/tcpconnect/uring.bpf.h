/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that io_uring makes. Its completion is what the application is told; the calls
 * beneath it may be several per attempt, and none when an error is fetched from the socket. */
#ifndef IMAGESNOOP_TCPCONNECT_URING_BPF_H
#define IMAGESNOOP_TCPCONNECT_URING_BPF_H

#include "uring_result.bpf.h"
#include "rows.bpf.h"

#define IORING_OP_CONNECT 16 /* include/uapi/linux/io_uring.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_connect {
	void *addr;
	int addr_len;
};

struct task_struct___uring {
	void *io_uring;
};

#pragma clang attribute pop

static __always_inline bool current_uses_uring(void)
{
	struct task_struct___uring *task = (void *)bpf_get_current_task();

	return bpf_core_field_exists(task->io_uring) && BPF_CORE_READ(task, io_uring);
}

/* The address that the application passed, from its own memory: the kernel's copy may be gone when
 * the request completes. Returns its length. */
static __always_inline __u32 read_uring_address(struct io_kiocb___result *request,
						struct inet_sockaddr *given)
{
	struct io_connect *connect = (struct io_connect *)request;
	__u32 length = BPF_CORE_READ(connect, addr_len);

	if (length >= SOCKADDR_IN_SIZE)
		READ_SOCKADDR(bpf_probe_read_user, given, BPF_CORE_READ(connect, addr), length);
	return length;
}

#endif
