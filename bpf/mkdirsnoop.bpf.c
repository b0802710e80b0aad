// SPDX-License-Identifier: GPL-2.0-or-later
/* Every mkdir(2) and mkdirat(2), also those of io_uring: who, the path as given, where it starts
 * from, mode, result and time taken.
 *
 * Hooks, best first:
 *  - fentry and fexit of do_mkdirat (5.15; filename_mkdirat since 7.0): one place for both system
 *    calls, their 32-bit forms and io_uring; the name is the kernel's own copy, so a caller cannot
 *    show us another one than it used. Nothing is paid by other system calls.
 *  - kprobe and kretprobe of the same functions: the same, somewhat dearer.
 *  - tracepoints of the system calls, and of io_uring for its own. The name is read from the
 *    caller's memory after the call (the kernel has just paged it in), so a second thread could
 *    have changed it. Each enabled system call tracepoint costs all system calls some 36 ns.
 *    32-bit calls have no tracepoint.
 *
 * Not seen: directories made by the kernel itself (devtmpfs, cgroup and overlay internals). */
#include "include/kernel.bpf.h"
#include <bpf/bpf_tracing.h>
#include "mkdirsnoop/call.bpf.h"
#include "mkdirsnoop/mounts.bpf.h"

#define IORING_OP_MKDIRAT 37  /* include/uapi/linux/io_uring.h */
#define ECANCELED	  125 /* include/uapi/asm-generic/errno.h */

/* ---- entry points; "unrolled" ones are for kernels before 5.17, see path.bpf.h ---- */

static __always_inline int start(__u32 slot, __u64 key, int dfd, const char *kernel_name,
				 const char *user_path, __u32 mode)
{
	struct scratch *scratch;

	if (!current_is_wanted())
		return 0;
	scratch = bpf_map_lookup_elem(&scratch_space, &slot);
	if (scratch)
		handle_mkdir_start(scratch, key, dfd, kernel_name, user_path, mode);
	return 0;
}

static __always_inline int end(__u32 slot, __u64 key, int ret, bool with_bpf_loop)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratch_space, &slot);
	struct pending_mkdir *call = bpf_map_lookup_elem(&pending, &key);

	__u32 flags = 0;

	if (!scratch || !call)
		return 0; /* not wanted, or begun before we were attached */
	if (with_bpf_loop && cfg_host_mntns && call->header.mntns != cfg_host_mntns &&
	    !tell_mounts(scratch, &call->header))
		flags = MKDIR_MOUNTS_UNTOLD;
	handle_mkdir_end(scratch, key, call, ret, flags, with_bpf_loop);
	return 0;
}

/* name: what do_mkdirat was given. An error in the pointer's place (the caller's name is too long
 * or at a bad address) leaves only the caller's own memory to look at. */
static __always_inline int start_function(int dfd, void *name, __u32 mode)
{
	__u64 key = bpf_get_current_pid_tgid();

	if (!mkdirat_takes_filename())
		return start(SCRATCH_MKDIR_ENTER, key, dfd, NULL, name, mode);
	if ((long)name < 0 && (long)name >= -4095) /* IS_ERR */
		return start(SCRATCH_MKDIR_ENTER, key, dfd, NULL, syscall_mkdir_path(), mode);
	return start(SCRATCH_MKDIR_ENTER, key, dfd, BPF_CORE_READ((struct filename *)name, name),
		     NULL, mode);
}

static __always_inline int end_function(int ret, bool with_bpf_loop)
{
	return end(SCRATCH_MKDIR_EXIT, bpf_get_current_pid_tgid(), ret, with_bpf_loop);
}

SEC("fentry/do_mkdirat")
int BPF_PROG(mkdir_fentry, int dfd, void *name, __u32 mode)
{
	return start_function(dfd, name, mode);
}

SEC("fexit/do_mkdirat")
int BPF_PROG(mkdir_fexit, int dfd, void *name, __u32 mode, int ret)
{
	return end_function(ret, true);
}

SEC("fexit/do_mkdirat")
int BPF_PROG(mkdir_unrolled_fexit, int dfd, void *name, __u32 mode, int ret)
{
	return end_function(ret, false);
}

SEC("fentry/filename_mkdirat")
int BPF_PROG(filename_mkdirat_fentry, int dfd, void *name, __u32 mode)
{
	return start_function(dfd, name, mode);
}

SEC("fexit/filename_mkdirat")
int BPF_PROG(filename_mkdirat_fexit, int dfd, void *name, __u32 mode, int ret)
{
	return end_function(ret, true);
}

SEC("kprobe/do_mkdirat")
int BPF_KPROBE(mkdir_kprobe, int dfd, void *name, __u32 mode)
{
	return start_function(dfd, name, mode);
}

SEC("kretprobe/do_mkdirat")
int BPF_KRETPROBE(mkdir_kretprobe, int ret)
{
	return end_function(ret, true);
}

SEC("kretprobe/do_mkdirat")
int BPF_KRETPROBE(mkdir_unrolled_kretprobe, int ret)
{
	return end_function(ret, false);
}

SEC("kprobe/filename_mkdirat")
int BPF_KPROBE(filename_mkdirat_kprobe, int dfd, void *name, __u32 mode)
{
	return start_function(dfd, name, mode);
}

SEC("kretprobe/filename_mkdirat")
int BPF_KRETPROBE(filename_mkdirat_kretprobe, int ret)
{
	return end_function(ret, true);
}

SEC("tracepoint/syscalls/sys_enter_mkdir")
int mkdir_enter_tp(struct trace_event_raw_sys_enter *ctx)
{
	return start(SCRATCH_MKDIR_ENTER, bpf_get_current_pid_tgid(), AT_FDCWD, NULL,
		     (void *)ctx->args[0], ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_exit_mkdir")
int mkdir_exit_tp(struct trace_event_raw_sys_exit *ctx)
{
	return end(SCRATCH_MKDIR_EXIT, bpf_get_current_pid_tgid(), ctx->ret, true);
}

SEC("tracepoint/syscalls/sys_exit_mkdir")
int mkdir_exit_unrolled_tp(struct trace_event_raw_sys_exit *ctx)
{
	return end(SCRATCH_MKDIR_EXIT, bpf_get_current_pid_tgid(), ctx->ret, false);
}

SEC("tracepoint/syscalls/sys_enter_mkdirat")
int mkdirat_enter_tp(struct trace_event_raw_sys_enter *ctx)
{
	return start(SCRATCH_MKDIRAT_ENTER, bpf_get_current_pid_tgid(), ctx->args[0], NULL,
		     (void *)ctx->args[1], ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_exit_mkdirat")
int mkdirat_exit_tp(struct trace_event_raw_sys_exit *ctx)
{
	return end(SCRATCH_MKDIRAT_EXIT, bpf_get_current_pid_tgid(), ctx->ret, true);
}

SEC("tracepoint/syscalls/sys_exit_mkdirat")
int mkdirat_exit_unrolled_tp(struct trace_event_raw_sys_exit *ctx)
{
	return end(SCRATCH_MKDIRAT_EXIT, bpf_get_current_pid_tgid(), ctx->ret, false);
}

/* The name is ready: the kernel has copied it when the request was prepared. */
static __always_inline int start_uring(struct io_kiocb *req)
{
	struct io_mkdir *args = (void *)req + bpf_core_field_offset(struct io_kiocb, cmd);

	if (BPF_CORE_READ(req, opcode) != IORING_OP_MKDIRAT)
		return 0;
	return start(SCRATCH_URING_SUBMIT, (__u64)req, BPF_CORE_READ(args, dfd),
		     io_mkdir_name(args), NULL, BPF_CORE_READ(args, mode));
}

static __always_inline int end_uring(__u64 key, int res)
{
	struct pending_mkdir *call;

	if (res != -ECANCELED)
		return end(SCRATCH_URING_COMPLETE, key, res, true);
	call = bpf_map_lookup_elem(&pending, &key); /* never begun */
	if (call)
		forget(key, call);
	return 0;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(uring_submit_req_tpbtf, struct io_kiocb *req)
{
	return start_uring(req);
}

/* The same before 2ad57931db64 ("io_uring: rename trace_io_uring_submit_sqe() tracepoint", 6.4). */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(uring_submit_sqe_tpbtf, struct io_kiocb *req)
{
	return start_uring(req);
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(uring_complete_tpbtf, void *ring, void *req, struct io_uring_cqe *cqe)
{
	return end_uring((__u64)req, cqe->res);
}

/* The same where the tracepoint has the result in the place of the entry; the verifier refuses the
 * one of the two that does not fit. */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(uring_complete_res_tpbtf, void *ring, void *req, __u64 user_data, int res)
{
	return end_uring((__u64)req, res);
}

char LICENSE[] SEC("license") = "GPL";
