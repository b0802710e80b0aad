/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the record of an exec is put together: its text, piece by piece. */
#ifndef IMAGESNOOP_EXECSNOOP_RECORD_BPF_H
#define IMAGESNOOP_EXECSNOOP_RECORD_BPF_H

#include "../include/kernel.bpf.h"
#include "../include/emit.bpf.h"
#include "../include/filters.bpf.h"
#include "../include/path.bpf.h"
#include "../include/process_tree.bpf.h"
#include "../execsnoop.h"

#define STRINGS_SIZE (4 * PATH_SIZE) /* file name, program, directory; a power of two */
#define ARGV_SIZE    65536
#define MAX_RENAMED  4096

const volatile __u32 cfg_count_by = COUNT_NOTHING;
const volatile bool cfg_exits = false;
const volatile __u32 filter_ppid_mode = FILTER_ALL;

FILTER_SET(filter_ppids, __u32, __u8);

struct scratch {
	struct {
		struct exec_event fixed;
		char text[STRINGS_SIZE + ARGV_SIZE];
	} record;
	struct path_walk walk;
	struct count_key key;
	struct { /* on the way through the pointers of a failed call's argv */
		__u64 at;
		__u32 used; /* bytes of the text */
		__u32 begin;
	} args;
};

/* One per program and CPU, as in mkdirsnoop; larger than a per-CPU map allows. User space sets the
 * size: programs times processors. */
enum scratch_slot { SCRATCH_EXEC, SCRATCH_EXECVE, SCRATCH_EXECVEAT, SCRATCH_SLOTS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_space SEC(".maps");

const struct exec_event *exec_event_type __attribute__((unused));
const struct exit_event *exit_event_type __attribute__((unused));

static __always_inline struct scratch *scratch_of(__u32 slot)
{
	__u32 index = bpf_get_smp_processor_id() * SCRATCH_SLOTS + slot;
	struct scratch *scratch = bpf_map_lookup_elem(&scratch_space, &index);

	if (!scratch)
		count_lost(LOST_MAP_FULL);
	return scratch;
}

/* All filters: those of every tool, the parent's id and the tree. */
static __always_inline bool exec_is_wanted(void)
{
	if (!current_is_wanted() || !current_is_in_tree())
		return false;
	if (filter_ppid_mode != FILTER_ALL) {
		struct task_struct *task = (struct task_struct *)bpf_get_current_task();
		__u32 ppid = BPF_CORE_READ(task, real_parent, tgid);

		return filter_allows(&filter_ppids, filter_ppid_mode, &ppid);
	}
	return true;
}

static __always_inline void begin_record(struct exec_event *event, __u32 tid, int ret)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	fill_header(&event->header, EXEC_EVENT, bpf_ktime_get_ns());
	event->header.tid = tid;
	event->start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	event->argv_bytes = 0;
	event->ret = ret;
	event->flags = 0;
	event->argv_length = 0;
	event->filename_length = 0;
	event->exe_length = 0;
	event->cwd_length = 0;
	event->reserved = 0;
	__builtin_memset(event->caller_comm, 0, COMM_LEN);
}

/* Where the next string goes. The mask bounds it for the verifier. */
static __always_inline char *next_string(struct scratch *scratch)
{
	struct exec_event *event = &scratch->record.fixed;
	__u32 at = event->filename_length + event->exe_length + event->cwd_length;

	barrier_var(at);
	return &scratch->record.text[at & (STRINGS_SIZE - 1)];
}

/* Appends the path that was walked; returns its length. */
static __always_inline __u16 put_walked(struct scratch *scratch)
{
	__u32 length = path_length(&scratch->walk) & (PATH_SIZE - 1);
	__u32 start = scratch->walk.start;

	barrier_var(start);
	bpf_probe_read_kernel(next_string(scratch), length,
			      &scratch->walk.text[start & (PATH_SIZE - 1)]);
	return length;
}

static __always_inline void note_cut(struct exec_event *event, __u32 flag)
{
	event->flags |= flag;
	count_lost(LOST_TRUNCATED);
}

static __always_inline void put_cwd(struct scratch *scratch, bool with_bpf_loop)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct path root = {}, cwd = {};

	BPF_CORE_READ_INTO(&root, task, fs, root);
	BPF_CORE_READ_INTO(&cwd, task, fs, pwd);
	path_below(&scratch->walk, &cwd, &root, with_bpf_loop);
	scratch->record.fixed.cwd_length = put_walked(scratch);
	if (scratch->walk.cut)
		note_cut(&scratch->record.fixed, EXEC_CWD_CUT);
}

static __always_inline void emit_record(struct scratch *scratch)
{
	struct exec_event *event = &scratch->record.fixed;
	__u32 size = sizeof(*event) + event->filename_length + event->exe_length +
		     event->cwd_length + event->argv_length;

	if (size <= sizeof(scratch->record))
		emit_copy(&scratch->record, size);
}

#endif
