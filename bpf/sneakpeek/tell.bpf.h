/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a change of a file becomes a record. */
#ifndef IMAGESNOOP_SNEAKPEEK_TELL_BPF_H
#define IMAGESNOOP_SNEAKPEEK_TELL_BPF_H

#include "../include/kernel.bpf.h"
#include "../include/core_compat.bpf.h"
#include "../include/emit.bpf.h"
#include "../include/filters.bpf.h"
#include "../include/path.bpf.h"
#include "../sneakpeek.h"
#include "count.bpf.h"

#define AT_FDCWD  -100 /* include/uapi/linux/fcntl.h */
#define ARGV_SIZE 256
#define TEXT_SIZE 32768 /* arguments and four strings of up to PATH_MAX; a power of two */

/* The host's mount namespace, whose processes are in no container; 0: they are wanted, too. */
const volatile __u32 cfg_host_mntns = 0;

struct scratch {
	struct {
		struct watch_event fixed;
		char text[TEXT_SIZE + PATH_SIZE];
	} record;
	struct path_walk walk;
	__u32 used; /* bytes of the text */
};

/* One per CPU, larger than a per-CPU map allows; user space sets the size. One is enough for all
 * programs: tracepoints of system calls run with preemption off and never within each other. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_space SEC(".maps");

const struct watch_event *watch_event_type __attribute__((unused));

/* A path as a system call has it: an open file, or a directory descriptor and a name. */
struct call_path {
	struct file *file;
	__u64 name;
	__s32 dfd;
	__u32 reserved;
};

/* One change. Lives on the stack of the entry point. */
struct change {
	__u32 operation;
	__u32 kind;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 flags;
	__u64 bytes;
	struct call_path path;
	struct call_path from;
};

/* Is the change of this task wanted? Asked before anything else is looked at. */
static __noinline bool change_is_wanted(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	if (cfg_host_mntns && task_mntns(task) == cfg_host_mntns)
		return false;
	return current_is_wanted();
}

/* Where the next string goes. The mask bounds it for the verifier. */
static __always_inline char *next_string(struct scratch *scratch)
{
	__u32 at = scratch->used;

	barrier_var(at);
	return &scratch->record.text[at & (TEXT_SIZE - 1)];
}

static __always_inline void put_argv(struct scratch *scratch)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct watch_event *event = &scratch->record.fixed;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 start, size;

	if (!mm)
		return;
	start = BPF_CORE_READ(mm, arg_start);
	size = BPF_CORE_READ(mm, arg_end) - start;
	if (size > ARGV_SIZE) {
		size = ARGV_SIZE;
		event->flags |= WATCH_ARGV_CUT;
	}
	if (size == 0 || bpf_probe_read_user(scratch->record.text, size, (void *)start))
		return;
	event->argv_length = size;
	scratch->used = size;
}

static __always_inline __u16 put_walked(struct scratch *scratch)
{
	__u32 length = path_length(&scratch->walk) & (PATH_SIZE - 1);
	__u32 start = scratch->walk.start;

	barrier_var(start);
	bpf_probe_read_kernel(next_string(scratch), length,
			      &scratch->walk.text[start & (PATH_SIZE - 1)]);
	scratch->used += length;
	if (scratch->walk.cut)
		scratch->record.fixed.flags |= WATCH_PATH_CUT;
	return length;
}

/* A name of the caller's; its length. */
static __always_inline __u16 put_name(struct scratch *scratch, __u64 name)
{
	long size = read_user_str(next_string(scratch), PATH_SIZE, (void *)name);

	if (size < 0) {
		scratch->record.fixed.flags |= WATCH_NAME_UNREADABLE;
		return 0;
	}
	scratch->used += size - 1;
	return size - 1;
}

static __always_inline void put_path(struct scratch *scratch, struct watch_path *into,
				     const struct call_path *from)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct path root = {}, dir = {};
	struct file *file = from->file;
	char first = 0;

	BPF_CORE_READ_INTO(&root, task, fs, root);
	if (file)
		BPF_CORE_READ_INTO(&dir, file, f_path);
	else if (!bpf_probe_read_user(&first, 1, (void *)from->name) && first == '/')
		dir = root;
	else if (from->dfd == AT_FDCWD)
		BPF_CORE_READ_INTO(&dir, task, fs, pwd);
	else if (!path_of_fd(task, from->dfd, &dir)) {
		scratch->record.fixed.flags |= WATCH_BASE_UNKNOWN;
		return;
	}
	path_below(&scratch->walk, &dir, &root, true);
	into->base_length = put_walked(scratch);
	if (!file)
		into->name_length = put_name(scratch, from->name);
}

/* Not inlined: it is the same for all entry points. */
static __noinline int tell(struct change *change)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct scratch *scratch = bpf_map_lookup_elem(&scratch_space, &cpu);
	struct watch_event *event;
	__u32 size;

	if (cfg_count)
		return count_change(change->bytes);
	if (!scratch) {
		count_lost(LOST_MAP_FULL);
		return 0;
	}
	event = &scratch->record.fixed;
	__builtin_memset(event, 0, sizeof(*event));
	scratch->used = 0;
	fill_header(&event->header, WATCH_EVENT, bpf_ktime_get_ns());
	event->operation = change->operation;
	event->kind = change->kind;
	event->mode = change->mode;
	event->new_uid = change->uid;
	event->new_gid = change->gid;
	event->bytes = change->bytes;
	event->flags = change->flags;
	put_argv(scratch);
	put_path(scratch, &event->path, &change->path);
	if (change->operation == WATCH_RENAME || change->operation == WATCH_LINK)
		put_path(scratch, &event->from, &change->from);
	if (event->flags & (WATCH_NAME_UNREADABLE | WATCH_BASE_UNKNOWN | WATCH_PATH_CUT))
		count_lost(LOST_TRUNCATED);
	size = sizeof(*event) + scratch->used;
	if (size <= sizeof(*event) + TEXT_SIZE)
		emit_copy(event, size);
	return 0;
}

#endif
