/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry points inside the kernel by fentry and fexit, since Linux 5.17 (bpf_get_func_arg). */
#ifndef IMAGESNOOP_SNEAKPEEK_FEXIT_BPF_H
#define IMAGESNOOP_SNEAKPEEK_FEXIT_BPF_H

#include <bpf/bpf_tracing.h>
#include "kernel-files.bpf.h"
#include "pending.bpf.h"
#include "tell.bpf.h"

#define TELL_IF(description)                                                                       \
	({                                                                                         \
		struct change change = {};                                                         \
                                                                                                   \
		description ? tell_here(&change) : 0;                                              \
	})

/* ---- open files ---- */

SEC("fexit/do_filp_open")
int BPF_PROG(do_filp_open_fexit, int dfd, void *name, struct open_flags *op, struct file *file)
{
	return TELL_IF(describe_opened(&change, file, BPF_CORE_READ(op, open_flag)));
}

/* The same since 7.0. */
SEC("fexit/do_file_open")
int BPF_PROG(do_file_open_fexit, int dfd, void *name, struct open_flags *op, struct file *file)
{
	return TELL_IF(describe_opened(&change, file, BPF_CORE_READ(op, open_flag)));
}

SEC("fexit/vfs_write")
int BPF_PROG(vfs_write_fexit, struct file *file, void *from, __u64 count, void *at, long ret)
{
	return TELL_IF(ret > 0 && describe_written(&change, file, ret));
}

SEC("fexit/vfs_writev")
int BPF_PROG(vfs_writev_fexit, struct file *file, void *vec, __u64 count, void *at, __u32 flags,
	     long ret)
{
	return TELL_IF(ret > 0 && describe_written(&change, file, ret));
}

SEC("fexit/do_sendfile")
int BPF_PROG(do_sendfile_fexit, int out, int in, void *at, __u64 count, __u64 max, long ret)
{
	return TELL_IF(ret > 0 && describe_written(&change, file_of_fd(out), ret));
}

SEC("fexit/do_splice")
int BPF_PROG(do_splice_fexit, void *in, void *from, struct file *out, void *at, __u64 count,
	     __u32 flags, long ret)
{
	return TELL_IF(ret > 0 && describe_written(&change, out, ret));
}

SEC("fexit/vfs_copy_file_range")
int BPF_PROG(vfs_copy_file_range_fexit, void *in, __u64 from, struct file *out, __u64 at,
	     __u64 count, __u32 flags, long ret)
{
	return TELL_IF(ret > 0 && describe_written(&change, out, ret));
}

SEC("fexit/vfs_fallocate")
int BPF_PROG(vfs_fallocate_fexit, struct file *file, int mode, __u64 at, __u64 count, int ret)
{
	return TELL_IF(ret == 0 && describe_written(&change, file, 0));
}

SEC("fexit/vfs_truncate")
int BPF_PROG(vfs_truncate_fexit, const struct path *path, __u64 length, long ret)
{
	struct change change = {.kind = WATCH_FILE};

	return ret == 0 && describe_path(&change, WATCH_WRITE, path) ? tell_here(&change) : 0;
}

/* Its last arguments are the same on all kernels. */
SEC("fexit/do_truncate")
int do_truncate_fexit(void *ctx)
{
	__u64 count = bpf_get_func_arg_cnt(ctx), attributes = 0, file = 0, ret = 0;

	if (bpf_get_func_ret(ctx, &ret) || (int)ret || bpf_get_func_arg(ctx, count - 1, &file) ||
	    bpf_get_func_arg(ctx, count - 2, &attributes) || attributes & ATTR_OPEN)
		return 0;
	return TELL_IF(describe_written(&change, (struct file *)file, 0));
}

SEC("fentry/fault_dirty_shared_page")
int BPF_PROG(mapped_fentry, struct vm_fault *fault)
{
	return TELL_IF(describe_mapped(&change, fault));
}

SEC("fexit/chmod_common")
int BPF_PROG(chmod_common_fexit, const struct path *path, __u16 mode, int ret)
{
	return TELL_IF(ret == 0 && describe_path_mode(&change, path, mode));
}

SEC("fexit/chown_common")
int BPF_PROG(chown_common_fexit, const struct path *path, __u32 uid, __u32 gid, int ret)
{
	return TELL_IF(ret == 0 && describe_path_owner(&change, path, uid, gid));
}

/* ---- directories ---- */

SEC("fentry/security_path_mkdir")
int BPF_PROG(path_mkdir_fentry, const struct path *dir, struct dentry *dentry)
{
	return begin_named(WATCH_CREATE, WATCH_DIRECTORY, dir, dentry);
}

SEC("fentry/security_path_mknod")
int BPF_PROG(path_mknod_fentry, const struct path *dir, struct dentry *dentry, __u16 mode)
{
	return begin_named(WATCH_CREATE, kind_of_node(mode), dir, dentry);
}

SEC("fentry/security_path_symlink")
int BPF_PROG(path_symlink_fentry, const struct path *dir, struct dentry *dentry)
{
	return begin_named(WATCH_CREATE, WATCH_SYMLINK, dir, dentry);
}

SEC("fentry/security_path_unlink")
int BPF_PROG(path_unlink_fentry, const struct path *dir, struct dentry *dentry)
{
	return begin_named(WATCH_DELETE, WATCH_KIND_UNKNOWN, dir, dentry);
}

SEC("fentry/security_path_rmdir")
int BPF_PROG(path_rmdir_fentry, const struct path *dir, struct dentry *dentry)
{
	return begin_named(WATCH_DELETE, WATCH_DIRECTORY, dir, dentry);
}

SEC("fentry/security_path_link")
int BPF_PROG(path_link_fentry, struct dentry *old, const struct path *dir, struct dentry *dentry)
{
	return begin_link(old, dir, dentry);
}

SEC("fentry/security_path_rename")
int BPF_PROG(path_rename_fentry, const struct path *old_dir, struct dentry *old,
	     const struct path *dir, struct dentry *dentry, __u32 flags)
{
	return begin_rename(old_dir, old, dir, flags);
}

static __always_inline int end(void *ctx, struct pending *pending_now)
{
	__u64 ret = 0;

	bpf_get_func_ret(ctx, &ret);
	return TELL_IF(describe_pending(&change, pending_now, ret));
}

/* The dentry's place among the arguments differs between functions and kernels. */
#define VFS_FEXIT(name)                                                                            \
	SEC("fexit/vfs_" #name)                                                                    \
	int vfs_##name##_fexit(void *ctx)                                                          \
	{                                                                                          \
		struct pending *now = current_pending();                                           \
		__u64 arg = 0;                                                                     \
                                                                                                   \
		if (!now)                                                                          \
			return 0;                                                                  \
		for (int i = 0; i < 4; i++)                                                        \
			if (!bpf_get_func_arg(ctx, i, &arg) && arg == (__u64)now->at.dentry)       \
				return end(ctx, now);                                              \
		return 0;                                                                          \
	}

VFS_FEXIT(mkdir)
VFS_FEXIT(mknod)
VFS_FEXIT(create)
VFS_FEXIT(symlink)
VFS_FEXIT(link)
VFS_FEXIT(unlink)

/* What was removed is forgotten, which is done only then. */
SEC("fentry/d_delete")
int BPF_PROG(d_delete_fentry, struct dentry *dentry)
{
	struct pending *now = current_pending();

	if (!now || now->kind != WATCH_DIRECTORY || now->at.dentry != dentry)
		return 0;
	return TELL_IF(describe_pending(&change, now, 0));
}

SEC("fexit/vfs_rename")
int BPF_PROG(vfs_rename_fexit, struct renamedata *rename)
{
	struct pending *now = current_pending();

	if (!now || BPF_CORE_READ(rename, old_dentry) != now->at.dentry)
		return 0;
	return end(ctx, now);
}

#endif
