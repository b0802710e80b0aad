/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGESNOOP___NAME___H
#define IMAGESNOOP___NAME___H

#include "include/event.h"

#define __NAME___PATH_SIZE 256 /* a longer path is cut, and counted as truncated */

enum __c_name___event_type {
	__NAME___EVENT = 1,
};

struct __c_name___event {
	struct event_header header;
	__u64 latency_ns; /* from the start of the call to its end */
	__s32 ret;	  /* as the system call returned it: 0 or a negative errno */
	__u32 reserved;	  /* 0 */
	char path[__NAME___PATH_SIZE]; /* as the caller gave it; ends with a NUL */
};
_Static_assert(sizeof(struct __c_name___event) == 336, "__c_name___event is read by its offsets");

#endif
