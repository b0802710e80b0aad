/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the kernel that our programs read. Only the members in use are declared: CO-RE
 * finds each by its name in the running kernel's BTF and corrects the offset when the program is
 * loaded, so neither order nor completeness matters here, and no vmlinux.h is needed to build.
 * What was renamed or moved between kernels is in core_compat.bpf.h. */
#ifndef IMAGESNOOP_KERNEL_BPF_H
#define IMAGESNOOP_KERNEL_BPF_H

/* Makes libbpf's headers use the kernel's member names of struct pt_regs. */
#define __VMLINUX_H__

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
};
struct pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
	__u64 orig_x0;
	__s32 syscallno;
};
#endif

struct ns_common {
	unsigned int inum;
};

struct list_head {
	struct list_head *next;
};

struct mnt_namespace {
	struct ns_common ns;
	__u64 event; /* changes with every mount and umount, to a number that no other has */
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct super_block {
	__u32 s_dev; /* kernel encoding: major << 20 | minor */
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct list_head mnt_mounts; /* mounted on this one, linked by their mnt_child */
	struct list_head mnt_child;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct file {
	struct path f_path;
	unsigned int f_flags;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct kernfs_node {
	__u64 id; /* inode number */
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent; /* NULL in the root */
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp; /* of cgroup v2 */
};

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
};

struct mm_struct {
	unsigned long
	    arg_start; /* of argv, as exec put it: strings back to back, each with its NUL */
	unsigned long arg_end;
	struct file *exe_file;
};

struct linux_binprm {
	const char *filename; /* as the caller gave it */
	const char *interp;   /* the same pointer, unless it is a script */
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not begun to exit */
	unsigned int flags;
	int group_exit_code;
};

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	int exit_code;
	__u64 start_time;     /* CLOCK_MONOTONIC */
	__u64 start_boottime; /* CLOCK_BOOTTIME */
	void *stack;
	struct mm_struct *mm;
	struct signal_struct *signal;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct nsproxy *nsproxy;
	struct fs_struct *fs;
	struct files_struct *files;
	struct css_set *cgroups;
	const struct cred *cred;
	char comm[16];
};

struct trace_event_raw_sys_enter {
	long id;
	unsigned long args[6];
};

struct trace_event_raw_sys_exit {
	long id;
	long ret;
};

struct filename {
	const char *name; /* a copy in kernel memory, NUL-terminated */
};

struct io_cmd_data {
	struct file *file; /* first member of each request's own data */
};

struct io_kiocb {
	struct io_cmd_data cmd;
	__u8 opcode;
};

struct io_mkdir {
	int dfd;
	__u16 mode;
};

struct io_uring_cqe {
	__s32 res;
};

#pragma clang attribute pop

#endif
