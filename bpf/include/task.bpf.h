/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is doing it: the current task. Call these in process context only. */
#ifndef IMAGESNOOP_TASK_BPF_H
#define IMAGESNOOP_TASK_BPF_H

#include "kernel.bpf.h"
#include "event.h"

#define PF_IO_WORKER 0x00000010 /* include/linux/sched.h: a worker thread of io_uring */

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

static __always_inline __u32 task_mntns(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

static __always_inline void fill_header(struct event_header *header, __u32 type, __u64 ts_ns)
{
	struct task_struct *task = current_task();
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 uid_gid = bpf_get_current_uid_gid();

	header->ts_ns = ts_ns;
	header->cgroup_id = bpf_get_current_cgroup_id();
	header->type = type;
	header->pid = pid_tgid >> 32;
	header->tid = (__u32)pid_tgid;
	header->ppid = BPF_CORE_READ(task, real_parent, tgid);
	header->uid = (__u32)uid_gid;
	header->gid = uid_gid >> 32;
	header->mntns = task_mntns(task);
	header->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	bpf_get_current_comm(header->comm, sizeof(header->comm));
}

#endif
