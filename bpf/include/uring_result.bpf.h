/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the application is told of a request of io_uring, from the tracepoint io_uring_complete. */
#ifndef IMAGESNOOP_URING_RESULT_BPF_H
#define IMAGESNOOP_URING_RESULT_BPF_H

#include "kernel.bpf.h"

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

#pragma clang attribute pop

/* Does this kernel say at a completion which request it was? */
static __always_inline bool uring_tells_result(void)
{
	return bpf_core_field_exists(struct trace_event_raw_io_uring_complete, req) &&
	       bpf_core_field_exists(struct io_kiocb___result, cqe);
}

#endif
