/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call that failed: the caller goes on, and its memory still has what it passed. */
#ifndef IMAGESNOOP_EXECSNOOP_FAILED_BPF_H
#define IMAGESNOOP_EXECSNOOP_FAILED_BPF_H

#include "../include/core_compat.bpf.h"
#include "record.bpf.h"
#include "count.bpf.h"

#define FAILED_ARGV_SIZE     (ARGV_SIZE / 2) /* as much room again bounds the last string */
#define FAILED_ARGS	     4096
#define FAILED_ARGS_UNROLLED 512

enum failed_call {
	CALL_EXECVE,
	CALL_EXECVEAT,
};

struct call_args {
	__u64 filename;
	__u64 argv;
};

/* From the registers with which the thread entered the kernel: a function's argument is no pointer
 * to them that 5.10 lets a program follow. */
static __always_inline void call_args(struct call_args *args, enum failed_call call)
{
	struct pt_regs *regs = current_user_registers();

#if defined(__TARGET_ARCH_x86)
	args->filename = call == CALL_EXECVE ? BPF_CORE_READ(regs, di) : BPF_CORE_READ(regs, si);
	args->argv = call == CALL_EXECVE ? BPF_CORE_READ(regs, si) : BPF_CORE_READ(regs, dx);
#elif defined(__TARGET_ARCH_arm64)
	if (call == CALL_EXECVE) {
		args->filename = BPF_CORE_READ(regs, orig_x0);
		BPF_CORE_READ_INTO(&args->argv, regs, regs[1]);
	} else {
		BPF_CORE_READ_INTO(&args->filename, regs, regs[1]);
		BPF_CORE_READ_INTO(&args->argv, regs, regs[2]);
	}
#endif
}

/* Appends the next argument. Returns 1, as bpf_loop() wants it, when there is none. */
static __always_inline long take_arg(struct scratch *scratch)
{
	struct exec_event *event = &scratch->record.fixed;
	__u32 used = scratch->args.used, begin = scratch->args.begin;
	__u64 text = 0;
	long size;

	if (bpf_probe_read_user(&text, sizeof(text), (void *)scratch->args.at)) {
		event->flags |= EXEC_ARGV_UNREADABLE;
		return 1;
	}
	if (!text)
		return 1;
	if (used >= FAILED_ARGV_SIZE) {
		event->flags |= EXEC_ARGV_CUT;
		return 1;
	}
	barrier_var(used);
	barrier_var(begin);
	size = read_user_str(
	    &scratch->record.text[(begin & (STRINGS_SIZE - 1)) + (used & (FAILED_ARGV_SIZE - 1))],
	    FAILED_ARGV_SIZE, (void *)text);
	if (size < 0) {
		event->flags |= EXEC_ARGV_UNREADABLE;
		return 1;
	}
	if (size == FAILED_ARGV_SIZE)
		event->flags |= EXEC_ARGV_CUT;
	scratch->args.used = used + size;
	scratch->args.at += sizeof(text);
	return 0;
}

static long take_arg_callback(__u32 index, struct scratch **scratch)
{
	(void)index;
	return take_arg(*scratch);
}

/* Each argument with its NUL, as a program that runs has them. */
static __always_inline void put_failed_argv(struct scratch *scratch, __u64 argv, bool with_bpf_loop)
{
	struct exec_event *event = &scratch->record.fixed;
	long taken = 0;

	scratch->args.at = argv;
	scratch->args.used = 0;
	scratch->args.begin = event->filename_length + event->exe_length + event->cwd_length;
	if (with_bpf_loop) {
		taken = bpf_loop(FAILED_ARGS, take_arg_callback, &scratch, 0);
		if (taken == FAILED_ARGS)
			event->flags |= EXEC_ARGV_CUT;
	} else {
#pragma clang loop unroll(disable)
		for (int i = 0; i < FAILED_ARGS_UNROLLED; i++, taken++) {
			/* else registers carry what is used from step to step, and the verifier
			 * follows each value: 1,000,000 instructions instead of some thousands */
			barrier();
			if (take_arg(scratch))
				break;
		}
		if (taken == FAILED_ARGS_UNROLLED)
			event->flags |= EXEC_ARGV_CUT;
	}
	event->argv_length = scratch->args.used;
	event->argv_bytes = scratch->args.used;
	if (event->flags & (EXEC_ARGV_CUT | EXEC_ARGV_UNREADABLE))
		count_lost(LOST_TRUNCATED);
}

static __always_inline int handle_failed(__u32 slot, enum failed_call call, long ret,
					 bool with_bpf_loop)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct exec_event *event;
	struct scratch *scratch;
	struct call_args args;
	long size;

	if (ret >= 0 || !exec_is_wanted())
		return 0;
	scratch = scratch_of(slot);
	if (!scratch)
		return 0;
	if (cfg_count_by != COUNT_NOTHING) {
		if (cfg_count_by != COUNT_BY_EXE) /* no program ran */
			count_exec(scratch);
		return 0;
	}
	event = &scratch->record.fixed;
	begin_record(event, BPF_CORE_READ(task, pid), ret);
	BPF_CORE_READ_STR_INTO(&event->caller_comm, task, comm);
	event->flags |= EXEC_CALLER_KNOWN;
	call_args(&args, call);
	size = read_user_str(next_string(scratch), PATH_SIZE, (void *)args.filename);
	if (size > 0)
		event->filename_length = size - 1;
	else
		event->flags |= EXEC_FILENAME_UNREADABLE;
	put_cwd(scratch, with_bpf_loop);
	put_failed_argv(scratch, args.argv, with_bpf_loop);
	emit_record(scratch);
	return 0;
}

#endif
