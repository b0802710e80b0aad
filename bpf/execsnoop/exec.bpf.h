/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that runs now, and who it was before. */
#ifndef IMAGESNOOP_EXECSNOOP_EXEC_BPF_H
#define IMAGESNOOP_EXECSNOOP_EXEC_BPF_H

#include "record.bpf.h"
#include "count.bpf.h"
#include "exit.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode___links {
	unsigned int i_nlink;
};

struct file___linked {
	struct inode___links *f_inode;
};

#pragma clang attribute pop

struct old_comm {
	char comm[COMM_LEN];
};

/* The name that a thread had before its last rename. An exec renames its thread just before it is
 * told of, so what is found then is the caller's. Names that others gave themselves go by age. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_RENAMED);
	__type(key, __u64); /* pid_tgid */
	__type(value, struct old_comm);
} renamed SEC(".maps");

static __always_inline void handle_rename(struct task_struct *task)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct old_comm old = {};

	if (task != (void *)bpf_get_current_task())
		return; /* by another thread, through /proc */
	BPF_CORE_READ_STR_INTO(&old.comm, task, comm);
	bpf_map_update_elem(&renamed, &key, &old, BPF_ANY);
}

static __always_inline void put_caller(struct exec_event *event)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct old_comm *old = bpf_map_lookup_elem(&renamed, &key);

	if (!old)
		return;
	__builtin_memcpy(event->caller_comm, old->comm, COMM_LEN);
	event->flags |= EXEC_CALLER_KNOWN;
	bpf_map_delete_elem(&renamed, &key);
}

static __always_inline void put_filename(struct scratch *scratch, struct linux_binprm *bprm)
{
	struct exec_event *event = &scratch->record.fixed;
	const char *name = BPF_CORE_READ(bprm, filename);
	long size = bpf_probe_read_kernel_str(next_string(scratch), PATH_SIZE, name);

	if (size > 0)
		event->filename_length = size - 1;
	else
		event->flags |= EXEC_FILENAME_UNREADABLE;
	if (BPF_CORE_READ(bprm, interp) != name)
		event->flags |= EXEC_SCRIPT;
}

/* Walks the path of the program as the process itself sees it. That of a memfd is its name alone.
 */
static __always_inline void walk_exe(struct scratch *scratch, struct file *file, bool with_bpf_loop)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct path root = {}, exe = {};

	BPF_CORE_READ_INTO(&root, task, fs, root);
	BPF_CORE_READ_INTO(&exe, file, f_path);
	path_below(&scratch->walk, &exe, &root, with_bpf_loop);
	if (path_length(&scratch->walk) == 0)
		path_prepend(&scratch->walk, exe.dentry);
}

static __always_inline void put_exe(struct scratch *scratch, bool with_bpf_loop)
{
	struct exec_event *event = &scratch->record.fixed;
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct file *file = BPF_CORE_READ(task, mm, exe_file);

	walk_exe(scratch, file, with_bpf_loop);
	event->exe_length = put_walked(scratch);
	if (scratch->walk.cut)
		note_cut(event, EXEC_EXE_CUT);
	if (BPF_CORE_READ((struct file___linked *)file, f_inode, i_nlink) == 0)
		event->flags |= EXEC_EXE_DELETED;
}

/* From the new program's memory, where the kernel has just put them. */
static __always_inline void put_argv(struct scratch *scratch)
{
	struct exec_event *event = &scratch->record.fixed;
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	unsigned long start = BPF_CORE_READ(task, mm, arg_start);
	unsigned long length = BPF_CORE_READ(task, mm, arg_end) - start;

	event->argv_bytes = length;
	if (length > ARGV_SIZE) {
		note_cut(event, EXEC_ARGV_CUT);
		length = ARGV_SIZE;
	}
	if (bpf_probe_read_user(next_string(scratch), length, (void *)start))
		note_cut(event, EXEC_ARGV_UNREADABLE);
	else
		event->argv_length = length;
}

static __always_inline int handle_exec(__u32 old_pid, struct linux_binprm *bprm, bool with_bpf_loop)
{
	struct scratch *scratch;

	if (!exec_is_wanted())
		return 0;
	scratch = scratch_of(SCRATCH_EXEC);
	if (!scratch)
		return 0;
	if (cfg_count_by != COUNT_NOTHING) {
		struct task_struct *task = (struct task_struct *)bpf_get_current_task();

		if (cfg_count_by == COUNT_BY_EXE)
			walk_exe(scratch, BPF_CORE_READ(task, mm, exe_file), with_bpf_loop);
		count_exec(scratch);
		return 0;
	}
	begin_record(&scratch->record.fixed, old_pid, 0);
	put_caller(&scratch->record.fixed);
	put_filename(scratch, bprm);
	put_exe(scratch, with_bpf_loop);
	put_cwd(scratch, with_bpf_loop);
	put_argv(scratch);
	if (cfg_exits)
		await_exit(&scratch->record.fixed);
	emit_record(scratch);
	return 0;
}

#endif
