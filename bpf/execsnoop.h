/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGESNOOP_EXECSNOOP_H
#define IMAGESNOOP_EXECSNOOP_H

#include "include/event.h"

enum exec_event_type {
	EXEC_EVENT = 1,
	EXIT_EVENT = 2,
};

enum exec_flag {
	EXEC_ARGV_CUT = 1 << 0,	       /* longer than there is room for */
	EXEC_ARGV_UNREADABLE = 1 << 1, /* a failed call whose arguments were not in memory */
	EXEC_FILENAME_UNREADABLE = 1 << 2,
	EXEC_EXE_CUT = 1 << 3, /* at its front */
	EXEC_CWD_CUT = 1 << 4,
	EXEC_EXE_DELETED = 1 << 5, /* no file system has a name for it: unlinked, or a memfd */
	EXEC_SCRIPT = 1 << 6,	   /* the file names another program that runs it */
	EXEC_CALLER_KNOWN = 1 << 7,
};

/* Behind it in the record stand, back to back: the file name as the caller gave it, the path of the
 * program that runs now, the working directory (both as the process sees them, "" for its root, no
 * NUL), and argv, each argument with its NUL. */
struct exec_event {
	struct event_header header; /* of the new program; tid is the thread that called */
	__u64 start_boot_ns;	    /* of the process, CLOCK_BOOTTIME: with pid its identity */
	__u32 argv_bytes;	    /* of all arguments; those in the record may be fewer */
	__s32 ret;		    /* 0 or a negative errno */
	__u32 flags;		    /* enum exec_flag */
	__u32 argv_length;
	__u16 filename_length;
	__u16 exe_length;
	__u16 cwd_length;
	__u16 reserved;		    /* 0 */
	char caller_comm[COMM_LEN]; /* of the thread before; ends with a NUL */
};
_Static_assert(sizeof(struct exec_event) == 112, "exec_event is read by its offsets");

/* The end of a process of which an exec was told. */
struct exit_event {
	struct event_header header; /* at the exit */
	__u64 start_boot_ns;
	__u64 duration_ns; /* from its first exec that was told */
	__u32 status;	   /* as wait(2) gives it */
	__u32 reserved;	   /* 0 */
};
_Static_assert(sizeof(struct exit_event) == 88, "exit_event is read by its offsets");

enum count_by {
	COUNT_NOTHING = 0, /* events instead */
	COUNT_BY_UID = 1,
	COUNT_BY_COMM = 2,
	COUNT_BY_CONTAINER = 3,
	COUNT_BY_EXE = 4,
};

#define COUNT_TEXT 240

/* Who is counted; what is not asked for is 0. */
struct count_key {
	__u64 cgroup_id;
	__u32 mntns;
	__u32 uid;
	char text[COUNT_TEXT]; /* comm, or the end of the program's path; padded with NULs */
};
_Static_assert(sizeof(struct count_key) == 256, "count_key is read by its offsets");

#endif
