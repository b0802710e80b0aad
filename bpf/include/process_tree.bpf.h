/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process and all its descendants, followed in the kernel. User space puts in the first ones;
 * from then on each fork of a member makes a member, and each exit ends one. */
#ifndef IMAGESNOOP_PROCESS_TREE_BPF_H
#define IMAGESNOOP_PROCESS_TREE_BPF_H

#include <bpf/bpf_tracing.h>
#include "emit.bpf.h"
#include "filters.bpf.h"

const volatile __u32 filter_tree_mode = FILTER_ALL;

/* Processes (tgid). Inserted at the fork, deleted at the exit of the last thread. */
FILTER_SET(filter_trees, __u32, __u8);

static __always_inline bool current_is_in_tree(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	return filter_allows(&filter_trees, filter_tree_mode, &pid);
}

static __always_inline bool is_last_thread(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, live.counter) == 0;
}

SEC("raw_tp/sched_process_fork")
int BPF_PROG(tree_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 from = BPF_CORE_READ(parent, tgid), pid = BPF_CORE_READ(child, tgid);
	__u8 present = 1;

	if (pid == from || !bpf_map_lookup_elem(&filter_trees, &from))
		return 0;
	if (bpf_map_update_elem(&filter_trees, &pid, &present, BPF_ANY))
		count_lost(LOST_MAP_FULL);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int BPF_PROG(tree_exit, struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, tgid);

	if (is_last_thread(task))
		bpf_map_delete_elem(&filter_trees, &pid);
	return 0;
}

#endif
