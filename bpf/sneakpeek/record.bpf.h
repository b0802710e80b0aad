/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the change of a file becomes a record. */
#ifndef IMAGESNOOP_SNEAKPEEK_RECORD_BPF_H
#define IMAGESNOOP_SNEAKPEEK_RECORD_BPF_H

#include "../include/core_compat.bpf.h"
#include "../include/emit.bpf.h"
#include "change.bpf.h"

#define AT_FDCWD  -100 /* include/uapi/linux/fcntl.h */
#define ARGV_SIZE 256
#define TEXT_SIZE 32768 /* arguments and four strings of up to PATH_MAX; a power of two */

struct scratch {
	struct {
		struct watch_event fixed;
		char text[TEXT_SIZE + PATH_SIZE];
	} record;
	struct path_walk walk;
	struct change change;
	__u32 used; /* bytes of the text */
	__u32 busy;
};

const struct watch_event *watch_event_type __attribute__((unused));

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

static __always_inline __u16 put_old_name(struct scratch *scratch)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct old_name *old = bpf_map_lookup_elem(&old_names, &thread);
	long size = old ? bpf_probe_read_kernel_str(next_string(scratch), NAME_SIZE, old->text) : 0;

	if (size <= 1) {
		scratch->record.fixed.flags |= WATCH_NAME_UNREADABLE;
		return 0;
	}
	scratch->used += size - 1;
	return size - 1;
}

static __always_inline void put_path(struct scratch *scratch, struct watch_path *into,
				     const struct change_path *from, bool with_bpf_loop)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct path root = {}, dir = from->at;
	char first = 0;

	BPF_CORE_READ_INTO(&root, task, fs, root);
	if (from->named_by == BY_CALL) {
		if (!bpf_probe_read_user(&first, 1, (void *)from->name) && first == '/')
			dir = root;
		else if (from->dfd == AT_FDCWD)
			BPF_CORE_READ_INTO(&dir, task, fs, pwd);
		else if (!path_of_fd(task, from->dfd, &dir)) {
			scratch->record.fixed.flags |= WATCH_BASE_UNKNOWN;
			return;
		}
	}
	path_below(&scratch->walk, &dir, &root, with_bpf_loop);
	into->base_length = put_walked(scratch);
	if (from->named_by == BY_CALL)
		into->name_length = put_name(scratch, from->name);
	else if (from->named_by == BY_OLD_NAME)
		into->name_length = put_old_name(scratch);
}

/* Makes the record of scratch->change, and hands it to user space. */
static __always_inline void tell(struct scratch *scratch, bool with_bpf_loop)
{
	const struct change *change = &scratch->change;
	struct watch_event *event = &scratch->record.fixed;
	__u32 size;

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
	put_path(scratch, &event->path, &change->path, with_bpf_loop);
	if (change->operation == WATCH_RENAME || change->operation == WATCH_LINK)
		put_path(scratch, &event->from, &change->from, with_bpf_loop);
	if (event->flags & (WATCH_NAME_UNREADABLE | WATCH_BASE_UNKNOWN | WATCH_PATH_CUT))
		count_lost(LOST_TRUNCATED);
	size = sizeof(*event) + scratch->used;
	if (size <= sizeof(*event) + TEXT_SIZE)
		emit_copy(event, size);
}

#endif
