/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes as the arguments of the kernel's own functions describe them. */
#ifndef IMAGESNOOP_SNEAKPEEK_KERNEL_FILES_BPF_H
#define IMAGESNOOP_SNEAKPEEK_KERNEL_FILES_BPF_H

#include "names.bpf.h"

#define ATTR_OPEN    (1 << 15) /* include/linux/fs.h: cut by its opening */
#define SB_KERNMOUNT (1 << 22)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct open_flags {
	int open_flag;
};

struct vm_area_struct {
	struct file *vm_file;
};

struct vm_fault {
	struct vm_area_struct *vma;
};

struct backing_file {
	struct file file;
	struct path user_path;
};

struct dentry___inode {
	struct inode___file *d_inode;
};

#pragma clang attribute pop

static __always_inline bool is_error(const void *pointer)
{
	return (__u64)pointer >= (__u64)-4095L;
}

static __always_inline bool describe_opened(struct change *change, struct file *file, __u32 flags)
{
	return !is_error(file) && change_is_wanted() && describe_open(change, file, flags);
}

static __always_inline bool describe_written(struct change *change, struct file *file, __s64 bytes)
{
	return file && keeps_content(file, S_IFREG) && change_is_wanted() &&
	       describe_write(change, file, bytes);
}

/* A path that the caller has looked up. */
static __always_inline bool describe_path(struct change *change, __u32 operation,
					  const struct path *path)
{
	if (!change_is_wanted() || is_internal(BPF_CORE_READ(path, mnt)))
		return false;
	change->operation = operation;
	change->path.at.mnt = BPF_CORE_READ(path, mnt);
	change->path.at.dentry = BPF_CORE_READ(path, dentry);
	return true;
}

static __always_inline bool describe_path_mode(struct change *change, const struct path *path,
					       __u32 mode)
{
	change->mode = mode & PERMISSIONS;
	return describe_path(change, WATCH_MODE, path);
}

static __always_inline bool describe_path_owner(struct change *change, const struct path *path,
						__u32 uid, __u32 gid)
{
	change->uid = uid;
	change->gid = gid;
	return describe_path(change, WATCH_OWNER, path);
}

/* The first write to a page of a shared memory map since it was last clean. The file is that of a
 * layer where an overlay shows it; the name of what is shown is beside it since Linux 6.8
 * (def3ae83da02, "fs: store real path instead of fake path in backing file f_path"). */
static __always_inline bool describe_mapped(struct change *change, struct vm_fault *fault)
{
	struct file *file = BPF_CORE_READ(fault, vma, vm_file);
	struct file___inode *opened = (void *)file;
	struct inode___file *inode;

	if (!file || !change_is_wanted())
		return false;
	inode = BPF_CORE_READ(opened, f_inode);
	if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFREG ||
	    BPF_CORE_READ(inode, i_sb, s_flags) & SB_KERNMOUNT || !write_is_due(file))
		return false;
	BPF_CORE_READ_INTO(&change->path.at, file, f_path);
	if (is_internal(change->path.at.mnt)) {
		struct backing_file *backing = (void *)file;

		if (!bpf_core_field_exists(backing->user_path))
			return false;
		BPF_CORE_READ_INTO(&change->path.at, backing, user_path);
	}
	change->operation = WATCH_WRITE;
	change->kind = WATCH_FILE;
	change->flags = WATCH_BYTES_UNKNOWN;
	return true;
}

#endif
