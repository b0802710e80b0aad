/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is doing it: the current task. Call these in process context only. */
#ifndef IMAGESNOOP_TASK_BPF_H
#define IMAGESNOOP_TASK_BPF_H

#include "kernel.bpf.h"
#include "core_compat.bpf.h"
#include "event.h"

static __always_inline __u32 task_mntns(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

/* Real uid, in the initial user namespace. */
static __always_inline __u32 task_uid(struct task_struct *task)
{
	return BPF_CORE_READ(task, cred, uid.val);
}

/* Of cgroup v2: what bpf_get_current_cgroup_id() is of the current task. */
static __always_inline __u64 task_cgroup_id(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

/* The thread on whose behalf the current one works: itself, unless it is one of io_uring's own
 * threads, which the kernel makes inside the process ("iou-wrk-1234"). Then it is the thread that
 * submitted the request or, where the kernel does not say (polling mode), the process's first. */
static __always_inline struct task_struct *acting_task(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct task_struct *submitter;

	if (!(BPF_CORE_READ(task, flags) & PF_IO_WORKER))
		return task;
	submitter = io_worker_submitter(task);
	return submitter ? submitter : BPF_CORE_READ(task, group_leader);
}

static __always_inline void fill_owner(struct event_header *header, struct task_struct *task)
{
	header->pid = BPF_CORE_READ(task, tgid);
	header->tid = BPF_CORE_READ(task, pid);
	header->ppid = BPF_CORE_READ(task, real_parent, tgid);
	header->mntns = task_mntns(task);
	header->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	BPF_CORE_READ_STR_INTO(&header->comm, task, comm);
}

static __always_inline void fill_header(struct event_header *header, __u32 type, __u64 ts_ns)
{
	__u64 uid_gid = bpf_get_current_uid_gid();

	header->ts_ns = ts_ns;
	header->cgroup_id = bpf_get_current_cgroup_id();
	header->type = type;
	header->uid = (__u32)uid_gid;
	header->gid = uid_gid >> 32;
	fill_owner(header, acting_task());
}

/* The same for a task that is not the current one, as an iterator meets it. */
static __always_inline void fill_header_of(struct event_header *header, struct task_struct *task,
					   __u32 type, __u64 ts_ns)
{
	header->ts_ns = ts_ns;
	header->cgroup_id = task_cgroup_id(task);
	header->type = type;
	header->uid = task_uid(task);
	header->gid = BPF_CORE_READ(task, cred, gid.val);
	fill_owner(header, task);
}

#endif
