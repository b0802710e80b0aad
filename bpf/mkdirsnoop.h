/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGESNOOP_MKDIRSNOOP_H
#define IMAGESNOOP_MKDIRSNOOP_H

#include "include/event.h"

enum mkdir_event_type {
	MKDIR_EVENT = 1,
	MOUNTS_EVENT = 2, /* of the owner's mount namespace, before its first mkdir */
};

enum mkdir_flag {
	MKDIR_ARGV_UNREADABLE = 1 << 0, /* the caller's pointer led nowhere (EFAULT) */
	MKDIR_ARGV_CUT = 1 << 1,	/* longer than PATH_MAX */
	MKDIR_BASE_UNKNOWN = 1 << 2,	/* the directory descriptor is not open (EBADF) */
	MKDIR_BASE_CUT = 1 << 3,	/* the base's path is cut at its front */
	MKDIR_HOST_ROOT = 1 << 4,     /* the caller's root is the host's: both see the same paths */
	MKDIR_MOUNTS_UNTOLD = 1 << 5, /* the caller's mounts found no room before this event */
};

/* Behind it in the record stand three strings back to back,
 * none with a NUL: the path as the caller gave it; the
 * directory that it starts from, as the caller sees it ("" for its root); the same directory below
 * the root of its file system, empty under MKDIR_HOST_ROOT. */
struct mkdir_event {
	struct event_header header;
	__u64 latency_ns; /* from the start of the call to its end */
	__s32 ret;	  /* 0 or a negative errno */
	__u32 mode;	  /* as given, before the umask */
	__u32 dev;	  /* of that file system, in the kernel's encoding: major << 20 | minor */
	__u32 flags;	  /* enum mkdir_flag */
	__u16 argv_length;
	__u16 base_length;
	__u16 fs_length;
	__u16 reserved; /* 0 */
};
_Static_assert(sizeof(struct mkdir_event) == 96, "mkdir_event is read by its offsets");

/* Behind it in the record stand mount_entry structs, each followed by its two strings. */
struct mounts_event {
	struct event_header header;
	__u32 length;  /* of all entries, in bytes */
	__u32 cut;     /* not all mounts are here */
	__u32 root_id; /* the mount that the caller's root is on */
	__u32 reserved[5];
};
_Static_assert(sizeof(struct mounts_event) == sizeof(struct mkdir_event), "they share their place");

/* One mount: where, below the caller's root, and which directory of which file system; both strings
 * without a NUL, "" for a root. The numbers are those of /proc/PID/mountinfo. */
struct mount_entry {
	__u32 dev;
	__u32 id;
	__u32 parent_id; /* what it is mounted on */
	__u16 point_length;
	__u16 fs_length;
};

#endif
