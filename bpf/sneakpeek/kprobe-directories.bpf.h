/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of directories, seen by kprobes inside the kernel, the same as by fexit. */
#ifndef IMAGESNOOP_SNEAKPEEK_KPROBE_DIRECTORIES_BPF_H
#define IMAGESNOOP_SNEAKPEEK_KPROBE_DIRECTORIES_BPF_H

#include <bpf/bpf_tracing.h>
#include "pending.bpf.h"
#include "tell.bpf.h"

SEC("kprobe/security_path_mkdir")
int BPF_KPROBE(path_mkdir_kprobe, const struct path *dir, struct dentry *dentry)
{
	return begin_named(WATCH_CREATE, WATCH_DIRECTORY, dir, dentry);
}

SEC("kprobe/security_path_mknod")
int BPF_KPROBE(path_mknod_kprobe, const struct path *dir, struct dentry *dentry, __u16 mode)
{
	return begin_named(WATCH_CREATE, kind_of_node(mode), dir, dentry);
}

SEC("kprobe/security_path_symlink")
int BPF_KPROBE(path_symlink_kprobe, const struct path *dir, struct dentry *dentry)
{
	return begin_named(WATCH_CREATE, WATCH_SYMLINK, dir, dentry);
}

SEC("kprobe/security_path_unlink")
int BPF_KPROBE(path_unlink_kprobe, const struct path *dir, struct dentry *dentry)
{
	return begin_named(WATCH_DELETE, WATCH_KIND_UNKNOWN, dir, dentry);
}

SEC("kprobe/security_path_rmdir")
int BPF_KPROBE(path_rmdir_kprobe, const struct path *dir, struct dentry *dentry)
{
	return begin_named(WATCH_DELETE, WATCH_DIRECTORY, dir, dentry);
}

SEC("kprobe/security_path_link")
int BPF_KPROBE(path_link_kprobe, struct dentry *old, const struct path *dir, struct dentry *dentry)
{
	return begin_link(old, dir, dentry);
}

SEC("kprobe/security_path_rename")
int BPF_KPROBE(path_rename_kprobe, const struct path *old_dir, struct dentry *old,
	       const struct path *dir, struct dentry *dentry, __u32 flags)
{
	return begin_rename(old_dir, old, dir, flags);
}

/* A function of overlayfs' layers may be called within the one of the overlay. */
static __always_inline int enter(struct pending *now, bool is_its)
{
	if (now && (now->inside || is_its))
		now->inside++;
	return 0;
}

#define VFS_KRETPROBE(name)                                                                        \
	SEC("kretprobe/vfs_" #name)                                                                \
	int BPF_KRETPROBE(vfs_##name##_kretprobe, __u64 ret)                                       \
	{                                                                                          \
		struct pending *now = current_pending();                                           \
		struct change change = {};                                                         \
                                                                                                   \
		if (!now || !now->inside || --now->inside || !describe_pending(&change, now, ret)) \
			return 0;                                                                  \
		return hand_over(ctx, &kprobe_teller, &change);                                    \
	}

#define VFS_KPROBES(name)                                                                          \
	SEC("kprobe/vfs_" #name)                                                                   \
	int BPF_KPROBE(vfs_##name##_kprobe, struct dentry *first, struct dentry *second,           \
		       struct dentry *third, struct dentry *fourth)                                \
	{                                                                                          \
		struct pending *now = current_pending();                                           \
		struct dentry *dentry = now ? now->at.dentry : NULL;                               \
                                                                                                   \
		return enter(now, dentry == first || dentry == second || dentry == third ||        \
				      dentry == fourth);                                           \
	}                                                                                          \
	VFS_KRETPROBE(name)

VFS_KPROBES(mkdir)
VFS_KPROBES(mknod)
VFS_KPROBES(create)
VFS_KPROBES(symlink)
VFS_KPROBES(link)
VFS_KPROBES(unlink)

/* What was removed is forgotten, which is done only then. */
SEC("kprobe/d_delete")
int BPF_KPROBE(d_delete_kprobe, struct dentry *dentry)
{
	struct pending *now = current_pending();
	struct change change = {};

	if (!now || now->kind != WATCH_DIRECTORY || now->at.dentry != dentry ||
	    !describe_pending(&change, now, 0))
		return 0;
	return hand_over(ctx, &kprobe_teller, &change);
}

/* Before 9fe61450972d (5.12; some older ones have it too) it was given the dentry itself. */
SEC("kprobe/vfs_rename")
int BPF_KPROBE(vfs_rename_kprobe, struct renamedata *rename, struct dentry *old)
{
	struct pending *now = current_pending();

	if (bpf_core_type_exists(struct renamedata))
		old = BPF_CORE_READ(rename, old_dentry);
	return enter(now, now && now->at.dentry == old);
}
VFS_KRETPROBE(rename)

#endif
