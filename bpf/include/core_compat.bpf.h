/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where kernels differ: one accessor per difference, with the commit that made it. A type with a
 * ___suffix stands for an older or newer shape of the kernel's type of that name; CO-RE ignores the
 * suffix and picks the branch that fits the running kernel when the program is loaded. */
#ifndef IMAGESNOOP_CORE_COMPAT_BPF_H
#define IMAGESNOOP_CORE_COMPAT_BPF_H

#include "kernel.bpf.h"

#define PF_IO_WORKER                                                                               \
	0x00000010 /* include/linux/sched.h: a thread of io_uring's own (since 5.12)               \
		    */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___worker_private {
	void *worker_private;
};

struct task_struct___pf_io_worker {
	void *pf_io_worker;
};

struct io_wq___task {
	struct task_struct *task;
};

struct io_worker___wq {
	struct io_wq___task *wq;
};

struct io_wqe___wq {
	struct io_wq___task *wq;
};

struct io_worker___wqe {
	struct io_wqe___wq *wqe;
};

struct io_mkdir___complete {
	struct filename *filename;
};

struct delayed_filename {
	struct filename *__incomplete_filename;
};

struct io_mkdir___delayed {
	struct delayed_filename filename;
};

enum io_uring_op___mkdirat {
	IORING_OP_MKDIRAT___exists = 37,
};

#pragma clang attribute pop

/* Reads a string of the caller's memory; its size with the NUL, or a negative errno. Kernels
 * without "maccess: fix strncpy_from_user_nofault() empty string handling" (6.17) return 0 for an
 * empty one. */
static __always_inline long read_user_str(void *into, __u32 size, const void *from)
{
	long read = bpf_probe_read_user_str(into, size, from);

	return read == 0 ? 1 : read;
}

/* The struct io_worker of a thread of io-wq: pf_io_worker since 3bfe6106693b ("io-wq: fork worker
 * threads from original task", 5.12), worker_private since e32cf5dfbe22 ("kthread: Generalize
 * pf_io_worker so it can point to struct kthread", 5.17). NULL for io_uring's polling thread. */
static __always_inline void *io_worker_of(struct task_struct *task)
{
	struct task_struct___worker_private *newer = (void *)task;
	struct task_struct___pf_io_worker *older = (void *)task;

	if (bpf_core_field_exists(newer->worker_private))
		return BPF_CORE_READ(newer, worker_private);
	if (bpf_core_field_exists(older->pf_io_worker))
		return BPF_CORE_READ(older, pf_io_worker);
	return NULL;
}

/* The thread for which this io_uring worker works (io-wq belongs to the thread that submits); NULL
 * if unknown. struct io_wqe went away with eb47943f2238 ("io-wq: Drop struct io_wqe", 6.4). */
static __always_inline struct task_struct *io_worker_submitter(struct task_struct *task)
{
	void *worker = io_worker_of(task);

	if (!worker)
		return NULL;
	if (bpf_core_field_exists(struct io_worker___wq, wq))
		return BPF_CORE_READ((struct io_worker___wq *)worker, wq, task);
	if (bpf_core_field_exists(struct io_worker___wqe, wqe))
		return BPF_CORE_READ((struct io_worker___wqe *)worker, wqe, wq, task);
	return NULL;
}

/* The name of io_uring's mkdirat, as the kernel copied it: a struct filename, inside of a struct
 * delayed_filename since 9fa3ec84587c ("allow incomplete imports of filenames", 7.0). */
static __always_inline const char *io_mkdir_name(void *args)
{
	struct io_mkdir___complete *complete = args;
	struct io_mkdir___delayed *delayed = args;

	if (bpf_core_field_exists(delayed->filename.__incomplete_filename))
		return BPF_CORE_READ(delayed, filename.__incomplete_filename, name);
	return BPF_CORE_READ(complete, filename, name);
}

/* Is the name that do_mkdirat() gets a struct filename? Since 584d3226d665 ("namei: make
 * do_mkdirat() take struct filename", 5.15), which came together with io_uring's mkdirat; before,
 * it is a pointer into user memory. */
static __always_inline bool mkdirat_takes_filename(void)
{
	return bpf_core_enum_value_exists(enum io_uring_op___mkdirat, IORING_OP_MKDIRAT___exists);
}

/* The current thread's registers as it entered the kernel: a helper since dd6e10fbd9fb ("bpf: Add
 * bpf_task_pt_regs() helper", 5.15); before, they are at the end of its kernel stack. */
#define THREAD_SIZE 16384 /* x86 and arm64 with pages of 4 KiB, without KASAN */

static __always_inline struct pt_regs *current_user_registers(void)
{
	struct task_struct *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	task = (struct task_struct *)bpf_get_current_task();
	return BPF_CORE_READ(task, stack) + THREAD_SIZE - bpf_core_type_size(struct pt_regs);
}

#endif
