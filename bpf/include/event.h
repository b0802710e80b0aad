/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every event begins with, and how losses are named; read by BPF programs and, through the
 * object's BTF, by user space. */
#ifndef IMAGESNOOP_EVENT_H
#define IMAGESNOOP_EVENT_H

#include <linux/types.h>

#define COMM_LEN 16 /* TASK_COMM_LEN, include/linux/sched.h */

/* The owner is taken in process context, also when the event itself ends in softirq. */
struct event_header {
	__u64 ts_ns;	 /* CLOCK_MONOTONIC, when the traced operation began */
	__u64 cgroup_id; /* inode number in the cgroup v2 hierarchy */
	__u32 type;	 /* the tool's own enum */
	__u32 pid;  /* process as users see it: the kernel's tgid, in the initial pid namespace */
	__u32 tid;  /* thread: the kernel's pid */
	__u32 ppid; /* of the real parent */
	__u32 uid;  /* real uid and gid, in the initial user namespace */
	__u32 gid;
	__u32 mntns; /* inode numbers of the namespaces */
	__u32 netns;
	char comm[COMM_LEN]; /* of the thread; ends with a NUL */
};
_Static_assert(sizeof(struct event_header) == 64, "event_header is read by its offsets");

enum lost_cause {
	LOST_RING_BUFFER_FULL = 0, /* the event itself is gone */
	LOST_MAP_FULL = 1,	   /* the state that the event needs could not be kept */
	LOST_TRUNCATED = 2,	   /* the event is there, a string or path in it is cut */
	LOST_CAUSES
};

#endif
