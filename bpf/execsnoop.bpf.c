// SPDX-License-Identifier: GPL-2.0-or-later
/* Every program that begins to run, by execve(2) or execveat(2): who ran it, what, with which
 * arguments, from where; and, asked for, calls that failed and how processes ended.
 *
 * An exec is told by the kernel's own tracepoint behind it, for both calls and their 32-bit forms:
 * nothing is paid by other system calls, the arguments are read where the new program has them, and
 * no second thread is left that could change them.
 *
 * Failed calls have no such place. Hooks, best first:
 *  - fexit of the system calls' functions
 *  - kretprobe of the same
 *  - tracepoints of the system calls, which cost every system call some 36 ns
 * Those of 32-bit programs are not seen. */
#include "include/kernel.bpf.h"
#include <bpf/bpf_tracing.h>
#include "execsnoop/exec.bpf.h"
#include "execsnoop/failed.bpf.h"

#if defined(__TARGET_ARCH_x86)
#define SYSCALL_FUNCTION(name) "__x64_sys_" name
#elif defined(__TARGET_ARCH_arm64)
#define SYSCALL_FUNCTION(name) "__arm64_sys_" name
#endif

/* ---- entry points; "unrolled" ones are for kernels before 5.17, see path.bpf.h ---- */

SEC("raw_tp/task_rename")
int BPF_PROG(exec_rename, struct task_struct *task)
{
	handle_rename(task);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(exec_done, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return handle_exec(old_pid, bprm, true);
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(exec_done_unrolled, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return handle_exec(old_pid, bprm, false);
}

SEC("raw_tp/sched_process_exit")
int BPF_PROG(exec_exit, struct task_struct *task)
{
	return handle_exit(task);
}

SEC("fexit/" SYSCALL_FUNCTION("execve"))
int BPF_PROG(execve_fexit, struct pt_regs *regs, long ret)
{
	return handle_failed(SCRATCH_EXECVE, CALL_EXECVE, ret, true);
}

SEC("fexit/" SYSCALL_FUNCTION("execve"))
int BPF_PROG(execve_fexit_unrolled, struct pt_regs *regs, long ret)
{
	return handle_failed(SCRATCH_EXECVE, CALL_EXECVE, ret, false);
}

SEC("fexit/" SYSCALL_FUNCTION("execveat"))
int BPF_PROG(execveat_fexit, struct pt_regs *regs, long ret)
{
	return handle_failed(SCRATCH_EXECVEAT, CALL_EXECVEAT, ret, true);
}

SEC("fexit/" SYSCALL_FUNCTION("execveat"))
int BPF_PROG(execveat_fexit_unrolled, struct pt_regs *regs, long ret)
{
	return handle_failed(SCRATCH_EXECVEAT, CALL_EXECVEAT, ret, false);
}

SEC("kretprobe/" SYSCALL_FUNCTION("execve"))
int BPF_KRETPROBE(execve_kretprobe, long ret)
{
	return handle_failed(SCRATCH_EXECVE, CALL_EXECVE, ret, true);
}

SEC("kretprobe/" SYSCALL_FUNCTION("execve"))
int BPF_KRETPROBE(execve_kretprobe_unrolled, long ret)
{
	return handle_failed(SCRATCH_EXECVE, CALL_EXECVE, ret, false);
}

SEC("kretprobe/" SYSCALL_FUNCTION("execveat"))
int BPF_KRETPROBE(execveat_kretprobe, long ret)
{
	return handle_failed(SCRATCH_EXECVEAT, CALL_EXECVEAT, ret, true);
}

SEC("kretprobe/" SYSCALL_FUNCTION("execveat"))
int BPF_KRETPROBE(execveat_kretprobe_unrolled, long ret)
{
	return handle_failed(SCRATCH_EXECVEAT, CALL_EXECVEAT, ret, false);
}

SEC("tracepoint/syscalls/sys_exit_execve")
int execve_tp(struct trace_event_raw_sys_exit *ctx)
{
	return handle_failed(SCRATCH_EXECVE, CALL_EXECVE, ctx->ret, true);
}

SEC("tracepoint/syscalls/sys_exit_execve")
int execve_tp_unrolled(struct trace_event_raw_sys_exit *ctx)
{
	return handle_failed(SCRATCH_EXECVE, CALL_EXECVE, ctx->ret, false);
}

SEC("tracepoint/syscalls/sys_exit_execveat")
int execveat_tp(struct trace_event_raw_sys_exit *ctx)
{
	return handle_failed(SCRATCH_EXECVEAT, CALL_EXECVEAT, ctx->ret, true);
}

SEC("tracepoint/syscalls/sys_exit_execveat")
int execveat_tp_unrolled(struct trace_event_raw_sys_exit *ctx)
{
	return handle_failed(SCRATCH_EXECVEAT, CALL_EXECVEAT, ctx->ret, false);
}

char LICENSE[] SEC("license") = "GPL";
