/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of directories as the kernel makes them: security_path_mkdir() and its like are told
 * where it is to be, with the mount, and vfs_mkdir() and its like return whether it worked. The two
 * meet by the dentry, so that what overlayfs does in its layers meanwhile is not taken for it. */
#ifndef IMAGESNOOP_SNEAKPEEK_PENDING_BPF_H
#define IMAGESNOOP_SNEAKPEEK_PENDING_BPF_H

#include "names.bpf.h"

#define MAX_PENDING 4096 /* at the same time, on the whole machine */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct renamedata {
	struct dentry *old_dentry;
};

#pragma clang attribute pop

struct pending {
	__u32 operation;
	__u32 kind;
	__u32 flags;
	__u32 inside; /* for kprobes: functions of this kind that have not returned */
	struct path at;
	struct path from; /* of a link; of a rename the directory */
};

/* Key: the thread. Inserted when a change is allowed or refused, deleted when it is made. One that
 * is refused stays until the thread's next. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_PENDING);
	__type(key, __u64);
	__type(value, struct pending);
} pending SEC(".maps");

static __always_inline struct pending *current_pending(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&pending, &thread);
}

static __always_inline int begin(struct pending *change, const struct path *dir,
				 struct dentry *dentry)
{
	__u64 thread = bpf_get_current_pid_tgid();

	change->at.mnt = BPF_CORE_READ(dir, mnt);
	change->at.dentry = dentry;
	if (bpf_map_update_elem(&pending, &thread, change, BPF_ANY))
		count_lost(LOST_MAP_FULL);
	return 0;
}

static __always_inline int begin_named(__u32 operation, __u32 kind, const struct path *dir,
				       struct dentry *dentry)
{
	struct pending change = {.operation = operation, .kind = kind};

	return change_is_wanted() ? begin(&change, dir, dentry) : 0;
}

static __always_inline int begin_link(struct dentry *old, const struct path *dir,
				      struct dentry *dentry)
{
	struct pending change = {.operation = WATCH_LINK};

	if (!change_is_wanted())
		return 0;
	change.from.mnt = BPF_CORE_READ(dir, mnt); /* a link cannot lead to another one */
	change.from.dentry = old;
	return begin(&change, dir, dentry);
}

/* What is renamed has its new name and place when that is done. */
static __always_inline int begin_rename(const struct path *old_dir, struct dentry *old,
					const struct path *dir, __u32 flags)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct pending change = {.operation = WATCH_RENAME};
	struct old_name name = {};

	if (!change_is_wanted())
		return 0;
	if (flags & RENAME_EXCHANGE)
		change.flags = WATCH_EXCHANGE;
	change.from.mnt = BPF_CORE_READ(old_dir, mnt);
	change.from.dentry = BPF_CORE_READ(old_dir, dentry);
	bpf_probe_read_kernel_str(name.text, sizeof(name.text), BPF_CORE_READ(old, d_name.name));
	bpf_map_update_elem(&old_names, &thread, &name, BPF_ANY);
	return begin(&change, dir, old);
}

/* A kernel function's result: an int, or a pointer that may hold an error. */
static __always_inline bool has_failed(__u64 result)
{
	__u32 high = result >> 32;

	return (high == 0 || high == (__u32)-1) && (__s32)result < 0;
}

/* Of the pending change, which is over now. */
static __always_inline bool describe_pending(struct change *change, struct pending *pending_now,
					     __u64 result)
{
	__u64 thread = bpf_get_current_pid_tgid();

	change->operation = pending_now->operation;
	change->kind = pending_now->kind;
	change->flags = pending_now->flags;
	change->path.at = pending_now->at;
	change->from.at = pending_now->from;
	if (change->operation == WATCH_RENAME)
		change->from.named_by = BY_OLD_NAME;
	bpf_map_delete_elem(&pending, &thread);
	return !has_failed(result);
}

#endif
