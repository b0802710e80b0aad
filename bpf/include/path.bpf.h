/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of directories, read from dentries and mounts. bpf_d_path() is not allowed in our hooks.
 * No lock is taken: a rename in the same moment can give a path that mixes old and new names. */
#ifndef IMAGESNOOP_PATH_BPF_H
#define IMAGESNOOP_PATH_BPF_H

#include "kernel.bpf.h"

#define PATH_SIZE	4096 /* PATH_MAX, include/uapi/linux/limits.h: with the NUL */
#define NAME_SIZE	256  /* NAME_MAX and a byte, so that a mask bounds it */
#define PATH_COMPONENTS 256  /* deeper ones are cut at the front and marked */

/* A path grows from its end to its start, as a dentry leads to its parents: it is at
 * text[start] to text[PATH_SIZE - 2]. The room behind lets the verifier bound each write.
 *
 * Lives in a map, not on the stack: there the verifier follows each value that a loop changes. */
struct path_walk {
	struct dentry *dentry; /* next to be put in front */
	struct vfsmount *mnt;  /* where that is; NULL: mounts do not matter */
	struct path root;      /* where to stop */
	__u32 start;
	__u32 cut; /* not whole: too long, too deep or unreadable */
	char text[PATH_SIZE + NAME_SIZE];
};

static __always_inline __u32 path_length(const struct path_walk *walk)
{
	return PATH_SIZE - 1 - walk->start;
}

/* Puts "/name" in front. False when it does not fit. */
static __always_inline bool path_prepend(struct path_walk *walk, struct dentry *dentry)
{
	__u32 length = BPF_CORE_READ(dentry, d_name.len) & (NAME_SIZE - 1);
	__u32 start = walk->start;

	if (start < length + 1)
		return false;
	start -= length;
	if (bpf_probe_read_kernel(&walk->text[start & (PATH_SIZE - 1)], length,
				  BPF_CORE_READ(dentry, d_name.name)))
		return false;
	start -= 1;
	walk->text[start & (PATH_SIZE - 1)] = '/';
	walk->start = start;
	return true;
}

static __always_inline struct mount *real_mount(struct vfsmount *mnt)
{
	return (void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

enum walk_step {
	WALK_ON = 0,
	WALK_DONE = 1, /* as bpf_loop() wants it */
};

/* One step towards the root: to the parent, or from a mount's root to where it is mounted. */
static __always_inline long path_step(struct path_walk *walk)
{
	struct vfsmount *mnt = walk->mnt;
	struct dentry *dentry = walk->dentry, *parent;
	struct mount *mount, *below;

	if (mnt) {
		if (dentry == walk->root.dentry && mnt == walk->root.mnt)
			goto whole;
		if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
			mount = real_mount(mnt);
			below = BPF_CORE_READ(mount, mnt_parent);
			if (below == mount || !below)
				goto whole;
			walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			walk->mnt = (void *)below + bpf_core_field_offset(struct mount, mnt);
			return WALK_ON;
		}
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry || !parent)
		goto whole;
	if (!path_prepend(walk, dentry))
		return WALK_DONE;
	walk->dentry = parent;
	return WALK_ON;
whole:
	walk->cut = 0;
	return WALK_DONE;
}

static long path_step_callback(__u32 index, struct path_walk **walk)
{
	(void)index;
	return path_step(*walk);
}

/* bpf_loop() came in 5.17. Without it, the verifier follows the loop step by step, which takes it a
 * hundred times as long. An object for older kernels too has the program both ways, since these do
 * not even load an instruction that names a callback. */
static __always_inline void path_walk(struct path_walk *walk, bool with_bpf_loop)
{
	walk->start = PATH_SIZE - 1;
	walk->cut = 1;
	if (with_bpf_loop) {
		bpf_loop(PATH_COMPONENTS, path_step_callback, &walk, 0);
		return;
	}
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_COMPONENTS; i++)
		if (path_step(walk) == WALK_DONE)
			return;
}

/* The path of `dir` below `root`, across mounts, without a slash at the end: empty for the root
 * itself. A directory outside of `root` yields its path from the top of its mount tree. */
static __always_inline void path_below(struct path_walk *walk, const struct path *dir,
				       const struct path *root, bool with_bpf_loop)
{
	walk->dentry = dir->dentry;
	walk->mnt = dir->mnt;
	walk->root = *root;
	path_walk(walk, with_bpf_loop);
}

/* The path of a directory below the root of its file system, whatever of that is mounted where. */
static __always_inline void path_in_filesystem(struct path_walk *walk, struct dentry *dentry,
					       bool with_bpf_loop)
{
	walk->dentry = dentry;
	walk->mnt = NULL;
	path_walk(walk, with_bpf_loop);
}

/* The directory behind a descriptor of `task`; false if it is not open. */
static __always_inline bool path_of_fd(struct task_struct *task, int fd, struct path *out)
{
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	struct file **slots = BPF_CORE_READ(fdt, fd);
	struct file *file = NULL;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(fdt, max_fds))
		return false;
	if (bpf_probe_read_kernel(&file, sizeof(file), &slots[fd]) || !file)
		return false;
	BPF_CORE_READ_INTO(out, file, f_path);
	return true;
}

#endif
