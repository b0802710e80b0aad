/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of open files: which of them are told. */
#ifndef IMAGESNOOP_SNEAKPEEK_FILES_BPF_H
#define IMAGESNOOP_SNEAKPEEK_FILES_BPF_H

#include "change.bpf.h"
#include "count.bpf.h"

#define S_IFMT	      0170000 /* include/uapi/linux/stat.h */
#define S_IFREG	      0100000
#define S_IFDIR	      0040000
#define FMODE_CREATED 0x100000 /* include/linux/fs.h: this open has made the file */
#define O_TRUNC	      01000
#define PROC_MAGIC    0x9fa0 /* include/uapi/linux/magic.h */
#define SYSFS_MAGIC   0x62656572
#define CGROUP2_MAGIC 0x63677270
#define CGROUP_MAGIC  0x27e0eb
#define MAX_WRITTEN   16384	    /* open files that are being written, on the whole machine */
#define WRITES_NS     1000000000ULL /* of one open file, one write in this time is told */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block___magic {
	unsigned long s_magic;
	unsigned long s_flags;
};

struct inode___file {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block___magic *i_sb;
};

struct dentry___superblock {
	struct super_block___magic *d_sb;
};

struct file___inode {
	unsigned int f_mode;
	struct inode___file *f_inode;
};

struct mount___namespace {
	struct mnt_namespace *mnt_ns;
};

#pragma clang attribute pop

struct written {
	__u64 ts_ns; /* when a write was told last */
	__u64 ino;
	__u32 pid;
	__u32 reserved;
};

/* Open files whose writes have been told. Key: the struct file. Inserted at a write, deleted at the
 * next open that gets this struct; the oldest goes when there are too many, and is told once more.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_WRITTEN);
	__type(key, __u64);
	__type(value, struct written);
} written SEC(".maps");

static __always_inline struct file *file_of_fd(int fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	struct file **slots = BPF_CORE_READ(fdt, fd);
	struct file *file = NULL;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(fdt, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), &slots[fd]);
	return file;
}

/* Is it mounted where no process sees it? So are memfds, and the layers below an overlay. */
static __always_inline bool is_internal(struct vfsmount *mnt)
{
	struct mount___namespace *mount = (void *)real_mount(mnt);

	/* MNT_NS_INTERNAL, fs/mount.h: an error in the pointer's place */
	return (long)BPF_CORE_READ(mount, mnt_ns) < 0 &&
	       (long)BPF_CORE_READ(mount, mnt_ns) >= -4095;
}

/* Is it a file or directory that keeps what is written, and not a window into the kernel? Not the
 * file of a layer that overlayfs opens behind the one it shows, either, whose change is told of the
 * latter: until 6.4 that has the path of the one and the inode of the other. */
static __always_inline bool keeps_content(struct file *file, __u32 kind)
{
	struct file___inode *opened = (void *)file;
	struct inode___file *inode = BPF_CORE_READ(opened, f_inode);
	struct super_block___magic *super = BPF_CORE_READ(inode, i_sb);
	struct dentry___superblock *dentry = (void *)BPF_CORE_READ(file, f_path.dentry);
	unsigned long magic = BPF_CORE_READ(super, s_magic);

	if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) != kind)
		return false;
	if (BPF_CORE_READ(dentry, d_sb) != super || is_internal(BPF_CORE_READ(file, f_path.mnt)))
		return false;
	return magic != PROC_MAGIC && magic != SYSFS_MAGIC && magic != CGROUP2_MAGIC &&
	       magic != CGROUP_MAGIC;
}

/* Is it time to tell of a write again? If so, it is noted. */
static __always_inline bool write_is_due(struct file *file)
{
	struct file___inode *opened = (void *)file;
	struct written *before, now = {};
	__u64 key = (__u64)file;

	if (cfg_count)
		return true;
	now.ts_ns = bpf_ktime_get_ns();
	now.ino = BPF_CORE_READ(opened, f_inode, i_ino);
	now.pid = bpf_get_current_pid_tgid() >> 32;
	before = bpf_map_lookup_elem(&written, &key);
	if (before && before->pid == now.pid && before->ino == now.ino &&
	    now.ts_ns - before->ts_ns < WRITES_NS)
		return false;
	bpf_map_update_elem(&written, &key, &now, BPF_ANY);
	return true;
}

/* A write of any kind; bytes 0: a truncation. */
static __always_inline bool describe_write(struct change *change, struct file *file, __s64 bytes)
{
	if (!file || !keeps_content(file, S_IFREG) || !write_is_due(file))
		return false;
	change->operation = WATCH_WRITE;
	change->kind = WATCH_FILE;
	change->bytes = bytes;
	BPF_CORE_READ_INTO(&change->path.at, file, f_path);
	return true;
}

/* flags: those of open(2). */
static __always_inline bool describe_open(struct change *change, struct file *file, __u32 flags)
{
	struct file___inode *opened = (void *)file;
	__u64 key = (__u64)file;

	if (!file || !keeps_content(file, S_IFREG))
		return false;
	bpf_map_delete_elem(&written, &key); /* of whoever had this struct before */
	if (BPF_CORE_READ(opened, f_mode) & FMODE_CREATED)
		change->operation = WATCH_CREATE;
	else if (flags & O_TRUNC)
		change->operation = WATCH_WRITE;
	else
		return false;
	change->kind = WATCH_FILE;
	BPF_CORE_READ_INTO(&change->path.at, file, f_path);
	return true;
}

#endif
