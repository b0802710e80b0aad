/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other mount namespaces have mounted below their root: told once for each, and again when
 * that changes, so that user space can follow a path from there to where the host has it. */
#ifndef IMAGESNOOP_MKDIRSNOOP_MOUNTS_BPF_H
#define IMAGESNOOP_MKDIRSNOOP_MOUNTS_BPF_H

#include "call.bpf.h"

#define MAX_STEPS      1024 /* about three per mount: down, aside, up */
#define MAX_NAMESPACES 1024
#define ENTRIES_SIZE   (2 * PATH_SIZE)

/* Which state of a namespace has been told: inode number -> its event counter, which no two
 * namespaces share, and the caller's root. Written here only; the least recently used one goes, and
 * is told again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_NAMESPACES);
	__type(key, __u32);
	__type(value, __u64);
} mounts_told SEC(".maps");

const struct mounts_event *mounts_event_type __attribute__((unused));
const struct mount_entry *mount_entry_type __attribute__((unused));

/* Appends an entry. False when it does not fit. */
static __always_inline bool put_mount(struct scratch *scratch, struct mount *mount)
{
	char *text = scratch->event.text;
	struct mount *parent = BPF_CORE_READ(mount, mnt_parent);
	struct dentry *top = BPF_CORE_READ(mount, mnt.mnt_root);
	__u32 used = scratch->mounts.used & (ENTRIES_SIZE - 1);
	struct mount_entry entry = {};
	struct path point = {};

	point.mnt = (void *)parent + bpf_core_field_offset(struct mount, mnt);
	point.dentry = BPF_CORE_READ(mount, mnt_mountpoint);
	entry.dev = BPF_CORE_READ(top, d_sb, s_dev);
	entry.id = BPF_CORE_READ(mount, mnt_id);
	entry.parent_id = BPF_CORE_READ(parent, mnt_id);
	path_below(&scratch->walk, &point, &scratch->mounts.root, true);
	entry.point_length = path_length(&scratch->walk);
	if (used + sizeof(entry) + entry.point_length >= ENTRIES_SIZE || scratch->walk.cut)
		return false;
	put_path(text, used + sizeof(entry), &scratch->walk);
	path_in_filesystem(&scratch->walk, top, true);
	entry.fs_length = path_length(&scratch->walk);
	if (used + sizeof(entry) + entry.point_length + entry.fs_length >= ENTRIES_SIZE ||
	    scratch->walk.cut)
		return false;
	put_path(text, used + sizeof(entry) + entry.point_length, &scratch->walk);
	barrier_var(used);
	bpf_probe_read_kernel(&text[used & (ENTRIES_SIZE - 1)], sizeof(entry), &entry);
	scratch->mounts.used = used + sizeof(entry) + entry.point_length + entry.fs_length;
	return true;
}

/* One step through the tree of mounts: to the first that is mounted on this one, else to the next
 * beside it, else back to the one below. */
static long mount_step(__u32 index, struct scratch **at)
{
	struct scratch *scratch = *at;
	struct mount *mount = scratch->mounts.at, *parent;
	struct list_head *next, *end;

	(void)index;
	if (scratch->mounts.down) {
		end = (void *)mount + bpf_core_field_offset(struct mount, mnt_mounts);
		next = BPF_CORE_READ(mount, mnt_mounts.next);
	} else if (mount == scratch->mounts.top) {
		scratch->mounts.cut = 0;
		return WALK_DONE;
	} else {
		parent = BPF_CORE_READ(mount, mnt_parent);
		end = (void *)parent + bpf_core_field_offset(struct mount, mnt_mounts);
		next = BPF_CORE_READ(mount, mnt_child.next);
		if (next == end)
			scratch->mounts.at = parent;
	}
	scratch->mounts.down = next != end;
	if (next == end)
		return WALK_ON;
	if (!next)
		return WALK_DONE;
	mount = (void *)next - bpf_core_field_offset(struct mount, mnt_child);
	scratch->mounts.at = mount;
	return put_mount(scratch, mount) ? WALK_ON : WALK_DONE;
}

/* To be called before anything else is put together in this scratch. False when user space does not
 * know the present mounts: they are told again before the next event. */
static __always_inline bool tell_mounts(struct scratch *scratch, const struct event_header *owner)
{
	struct mounts_event *event = (void *)&scratch->event.fixed;
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 state = BPF_CORE_READ(task, nsproxy, mnt_ns, event);
	__u32 mntns = owner->mntns;
	__u64 *told = bpf_map_lookup_elem(&mounts_told, &mntns);
	struct mount *top;
	__u32 size;

	/* Places are told from the root of the caller: one that has another (chroot) is told anew.
	 */
	BPF_CORE_READ_INTO(&scratch->mounts.root, task, fs, root);
	state ^= (__u64)scratch->mounts.root.dentry;
	if (told && *told == state)
		return true;
	top = real_mount(scratch->mounts.root.mnt);
	scratch->mounts.top = top;
	scratch->mounts.at = top;
	scratch->mounts.down = 1;
	scratch->mounts.used = 0;
	scratch->mounts.cut = 1;
	bpf_loop(MAX_STEPS, mount_step, &scratch, 0);
	event->header = *owner;
	event->header.type = MOUNTS_EVENT;
	event->length = scratch->mounts.used & (ENTRIES_SIZE - 1);
	event->cut = scratch->mounts.cut;
	event->root_id = BPF_CORE_READ(top, mnt_id);
	size = sizeof(scratch->event.fixed) + (scratch->mounts.used & (ENTRIES_SIZE - 1));
	if (bpf_ringbuf_output(&events, event, size, 0))
		return false;
	bpf_map_update_elem(&mounts_told, &mntns, &state, BPF_ANY);
	return true;
}

#endif
