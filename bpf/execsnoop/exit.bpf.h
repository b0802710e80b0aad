/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the processes ended of which an exec was told. */
#ifndef IMAGESNOOP_EXECSNOOP_EXIT_BPF_H
#define IMAGESNOOP_EXECSNOOP_EXIT_BPF_H

#include "record.bpf.h"

#define SIGNAL_GROUP_EXIT 0x00000004 /* include/linux/sched/signal.h */

struct awaited_exit {
	__u64 start_boot_ns; /* of the process */
	__u64 exec_ns;	     /* of its first exec that was told */
};

/* Processes (tgid) whose exit is to be told. Inserted at an exec, deleted at the exit: whose
 * deletion succeeds, tells of it. User space sets the size when exits are asked for. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct awaited_exit);
} awaited SEC(".maps");

static __always_inline void await_exit(const struct exec_event *event)
{
	__u32 pid = event->header.pid;
	struct awaited_exit *known = bpf_map_lookup_elem(&awaited, &pid);
	struct awaited_exit exit = {
	    .start_boot_ns = event->start_boot_ns,
	    .exec_ns = event->header.ts_ns,
	};

	if (known && known->start_boot_ns == exit.start_boot_ns)
		return;
	if (bpf_map_update_elem(&awaited, &pid, &exit, BPF_ANY))
		count_lost(LOST_MAP_FULL);
}

/* As wait(2) will tell it: of the whole process when that was ended, else of its first thread. */
static __always_inline __u32 exit_status(struct task_struct *leader)
{
	if (BPF_CORE_READ(leader, signal, flags) & SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(leader, signal, group_exit_code);
	return BPF_CORE_READ(leader, exit_code);
}

static __always_inline int handle_exit(struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	__u32 pid = BPF_CORE_READ(task, tgid);
	struct awaited_exit *exec;
	struct exit_event *event;
	__u64 now = bpf_ktime_get_ns();

	if (!is_last_thread(task))
		return 0;
	exec = bpf_map_lookup_elem(&awaited, &pid);
	if (!exec)
		return 0;
	event = emit_reserve(sizeof(*event));
	if (!event) {
		bpf_map_delete_elem(&awaited, &pid);
		return 0;
	}
	event->start_boot_ns = exec->start_boot_ns;
	event->duration_ns = now - exec->exec_ns;
	if (bpf_map_delete_elem(&awaited, &pid)) { /* another thread was quicker */
		bpf_ringbuf_discard(event, 0);
		return 0;
	}
	fill_header(&event->header, EXIT_EVENT, now);
	event->status = exit_status(leader);
	event->reserved = 0;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

#endif
