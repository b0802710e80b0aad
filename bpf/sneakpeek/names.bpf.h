/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes that name what they change. */
#ifndef IMAGESNOOP_SNEAKPEEK_NAMES_BPF_H
#define IMAGESNOOP_SNEAKPEEK_NAMES_BPF_H

#include "files.bpf.h"

#define AT_REMOVEDIR	0x200 /* include/uapi/linux/fcntl.h */
#define RENAME_EXCHANGE 2     /* include/uapi/linux/fs.h */

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

static __always_inline int handle_name(__u32 operation, __u32 kind, int dfd, __u64 name)
{
	struct change change = {.operation = operation, .kind = kind};

	change.path.dfd = dfd;
	change.path.name = name;
	return tell(&change);
}

static __always_inline int handle_names(__u32 operation, int old_dfd, __u64 old_name, int dfd,
					__u64 name, __u32 rename_flags)
{
	struct change change = {.operation = operation};

	if (rename_flags & RENAME_EXCHANGE)
		change.flags = WATCH_EXCHANGE;
	change.path.dfd = dfd;
	change.path.name = name;
	change.from.dfd = old_dfd;
	change.from.name = old_name;
	return tell(&change);
}

static __always_inline int handle_mode(int dfd, __u64 name, __u32 mode)
{
	struct change change = {.operation = WATCH_MODE, .mode = mode};

	change.path.dfd = dfd;
	change.path.name = name;
	return tell(&change);
}

/* The file behind a descriptor, if it keeps what is done to it. */
static __noinline struct file *changed_file(int fd)
{
	struct file *file = file_of_fd(fd);

	return file && (keeps_content(file, S_IFREG) || keeps_content(file, S_IFDIR)) ? file : NULL;
}

static __always_inline int handle_fd_mode(int fd, __u32 mode)
{
	struct change change = {.operation = WATCH_MODE, .mode = mode};

	change.path.file = changed_file(fd);
	return change.path.file ? tell(&change) : 0;
}

static __always_inline int handle_owner(int dfd, __u64 name, __u32 uid, __u32 gid)
{
	struct change change = {.operation = WATCH_OWNER, .uid = uid, .gid = gid};

	change.path.dfd = dfd;
	change.path.name = name;
	return tell(&change);
}

static __always_inline int handle_fd_owner(int fd, __u32 uid, __u32 gid)
{
	struct change change = {.operation = WATCH_OWNER, .uid = uid, .gid = gid};

	change.path.file = changed_file(fd);
	return change.path.file ? tell(&change) : 0;
}

#endif
