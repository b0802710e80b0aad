/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_H
#define IMAGESNOOP_CONTAINERDSNOOP_H

#include "include/event.h"

#define CONTAINERDSNOOP_PATH_SIZE 256 /* a longer path is cut, and counted as truncated */

enum containerdsnoop_event_type {
	CONTAINERDSNOOP_EVENT = 1,
};

struct containerdsnoop_event {
	struct event_header header;
	__u64 latency_ns; /* from the start of the call to its end */
	__s32 ret;	  /* as the system call returned it: 0 or a negative errno */
	__u32 reserved;	  /* 0 */
	char path[CONTAINERDSNOOP_PATH_SIZE]; /* as the caller gave it; ends with a NUL */
};
_Static_assert(sizeof(struct containerdsnoop_event) == 336,
	       "containerdsnoop_event is read by its offsets");

#endif
