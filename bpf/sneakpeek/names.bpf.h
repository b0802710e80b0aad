/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes as the arguments of system calls describe them. */
#ifndef IMAGESNOOP_SNEAKPEEK_NAMES_BPF_H
#define IMAGESNOOP_SNEAKPEEK_NAMES_BPF_H

#include "files.bpf.h"

#define AT_REMOVEDIR	0x200 /* include/uapi/linux/fcntl.h */
#define RENAME_EXCHANGE 2     /* include/uapi/linux/fs.h */
#define PERMISSIONS	07777 /* S_IALLUGO, include/linux/stat.h */

static __always_inline __u32 kind_of_node(__u32 mode)
{
	__u32 type = mode & S_IFMT;

	return type == 0 || type == S_IFREG ? WATCH_FILE : WATCH_SPECIAL;
}

static __always_inline __u32 kind_of_unlink(__u32 flags)
{
	return flags & AT_REMOVEDIR ? WATCH_DIRECTORY : WATCH_KIND_UNKNOWN;
}

/* Flags of openat2(2), in the structure that its third argument points to. */
static __always_inline __u32 open_how_flags(__u64 how)
{
	__u64 flags = 0;

	bpf_probe_read_user(&flags, sizeof(flags), (void *)how);
	return flags;
}

static __always_inline bool describe_name(struct change *change, __u32 operation, __u32 kind,
					  int dfd, __u64 name)
{
	change->operation = operation;
	change->kind = kind;
	change->path.named_by = BY_CALL;
	change->path.dfd = dfd;
	change->path.name = name;
	return true;
}

static __always_inline bool describe_names(struct change *change, __u32 operation, int old_dfd,
					   __u64 old_name, int dfd, __u64 name, __u32 rename_flags)
{
	if (rename_flags & RENAME_EXCHANGE)
		change->flags = WATCH_EXCHANGE;
	change->from.named_by = BY_CALL;
	change->from.dfd = old_dfd;
	change->from.name = old_name;
	return describe_name(change, operation, WATCH_KIND_UNKNOWN, dfd, name);
}

/* The file behind a descriptor, if it keeps what is done to it. */
static __always_inline bool describe_fd(struct change *change, __u32 operation, int fd)
{
	struct file *file = file_of_fd(fd);

	if (!file || !(keeps_content(file, S_IFREG) || keeps_content(file, S_IFDIR)))
		return false;
	change->operation = operation;
	BPF_CORE_READ_INTO(&change->path.at, file, f_path);
	return true;
}

static __always_inline bool describe_mode(struct change *change, int dfd, __u64 name, __u32 mode)
{
	change->mode = mode & PERMISSIONS;
	return describe_name(change, WATCH_MODE, WATCH_KIND_UNKNOWN, dfd, name);
}

static __always_inline bool describe_fd_mode(struct change *change, int fd, __u32 mode)
{
	change->mode = mode & PERMISSIONS;
	return describe_fd(change, WATCH_MODE, fd);
}

static __always_inline bool describe_owner(struct change *change, int dfd, __u64 name, __u32 uid,
					   __u32 gid)
{
	change->uid = uid;
	change->gid = gid;
	return describe_name(change, WATCH_OWNER, WATCH_KIND_UNKNOWN, dfd, name);
}

static __always_inline bool describe_fd_owner(struct change *change, int fd, __u32 uid, __u32 gid)
{
	change->uid = uid;
	change->gid = gid;
	return describe_fd(change, WATCH_OWNER, fd);
}

#endif
