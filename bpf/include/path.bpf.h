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
 * text[start] to text[PATH_SIZE - 2]. The room behind lets the verifier bound each write. */
struct path_text {
	__u32 start;
	__u32 cut; /* not whole: too long, too deep or unreadable */
	char text[PATH_SIZE + NAME_SIZE];
};

static __always_inline void path_begin(struct path_text *path)
{
	path->start = PATH_SIZE - 1;
	path->cut = 0;
}

static __always_inline __u32 path_length(const struct path_text *path)
{
	return PATH_SIZE - 1 - path->start;
}

/* Puts "/name" in front. False when it does not fit. */
static __always_inline bool path_prepend(struct path_text *path, struct dentry *dentry)
{
	__u32 length = BPF_CORE_READ(dentry, d_name.len) & (NAME_SIZE - 1);
	__u32 start = path->start;

	if (start < length + 1)
		return false;
	start -= length;
	if (bpf_probe_read_kernel(&path->text[start & (PATH_SIZE - 1)], length,
				  BPF_CORE_READ(dentry, d_name.name)))
		return false;
	start -= 1;
	path->text[start & (PATH_SIZE - 1)] = '/';
	path->start = start;
	return true;
}

static __always_inline struct mount *real_mount(struct vfsmount *mnt)
{
	return (void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* The path of `dir` below `root`, across mounts, without a slash at the end: empty for the root
 * itself. A directory outside of `root` yields its path from the top of its mount tree. */
static __always_inline void path_below(struct path_text *path, const struct path *dir,
				       const struct path *root)
{
	struct vfsmount *mnt = dir->mnt;
	struct dentry *dentry = dir->dentry;

	path_begin(path);
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_COMPONENTS; i++) {
		struct dentry *parent;

		if (dentry == root->dentry && mnt == root->mnt)
			return;
		if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
			struct mount *mount = real_mount(mnt);
			struct mount *below = BPF_CORE_READ(mount, mnt_parent);

			if (below == mount || !below)
				return;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mnt = (void *)below + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		parent = BPF_CORE_READ(dentry, d_parent);
		if (parent == dentry || !parent)
			return;
		if (!path_prepend(path, dentry))
			break;
		dentry = parent;
	}
	path->cut = 1;
}

/* The path of `dir` below the root of its file system, whatever part of that is mounted where. */
static __always_inline void path_in_filesystem(struct path_text *path, struct dentry *dentry)
{
	path_begin(path);
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_COMPONENTS; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (parent == dentry || !parent)
			return;
		if (!path_prepend(path, dentry))
			break;
		dentry = parent;
	}
	path->cut = 1;
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
