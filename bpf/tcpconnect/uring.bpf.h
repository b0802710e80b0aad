/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that io_uring makes. Its completion is what the application is told; the calls
 * beneath it may be several per attempt, and none when an error is fetched from the socket. */
#ifndef IMAGESNOOP_TCPCONNECT_URING_BPF_H
#define IMAGESNOOP_TCPCONNECT_URING_BPF_H

#include "rows.bpf.h"

#define IORING_OP_CONNECT 16 /* include/uapi/linux/io_uring.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* The argument came with 502c87d65564 ("io-uring: Make tracepoints consistent.", 5.18), and the
 * request's result in `cqe` with cef216fc32d7 ("io_uring: explicitly keep a CQE in io_kiocb",
 * 5.19). */
struct trace_event_raw_io_uring_complete {
	void *req;
};

struct io_cqe {
	__s32 res;
};

struct io_kiocb___result {
	struct file *file;
	__u8 opcode;
	struct io_cqe cqe;
};

struct io_connect {
	void *addr;
	int addr_len;
};

struct task_struct___uring {
	void *io_uring;
};

#pragma clang attribute pop

/* Does this kernel say at a completion which request it was? */
static __always_inline bool uring_tells_result(void)
{
	return bpf_core_field_exists(struct trace_event_raw_io_uring_complete, req) &&
	       bpf_core_field_exists(struct io_kiocb___result, cqe);
}

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
