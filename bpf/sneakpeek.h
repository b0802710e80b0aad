/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGESNOOP_SNEAKPEEK_H
#define IMAGESNOOP_SNEAKPEEK_H

#include "include/event.h"

enum watch_event_type {
	WATCH_EVENT = 1,
};

enum watch_operation {
	WATCH_CREATE = 1,
	WATCH_WRITE = 2,
	WATCH_RENAME = 3,
	WATCH_DELETE = 4,
	WATCH_MODE = 5,
	WATCH_OWNER = 6,
	WATCH_LINK = 7,
};

enum watch_kind {
	WATCH_KIND_UNKNOWN = 0,
	WATCH_FILE = 1,
	WATCH_DIRECTORY = 2,
	WATCH_SYMLINK = 3,
	WATCH_SPECIAL = 4, /* device, fifo or socket */
};

enum watch_flag {
	WATCH_ARGV_CUT = 1 << 0,	/* the writer's arguments are longer */
	WATCH_NAME_UNREADABLE = 1 << 1, /* the caller's pointer led nowhere */
	WATCH_BASE_UNKNOWN = 1 << 2,	/* the directory descriptor is not open any more */
	WATCH_PATH_CUT = 1 << 3,	/* longer than PATH_MAX, or deeper than 256 names */
	WATCH_EXCHANGE = 1 << 4,	/* both names of a rename changed places */
	WATCH_BYTES_UNKNOWN = 1 << 5,	/* a write through a memory map */
};

/* One of the two paths of an event: the directory that it starts from, as the caller sees it (""
 * for its root), and the name as the caller gave it, or nothing where the first is the whole path.
 */
struct watch_path {
	__u16 base_length;
	__u16 name_length;
};

/* Behind it in the record stand strings back to back, none with a NUL at its end: arguments of the
 * process (each ends with a NUL but perhaps the last), then base and name of each path. */
struct watch_event {
	struct event_header header;
	__u64 bytes;	 /* of a write: by this call; 0 for a truncation */
	__u32 operation; /* enum watch_operation */
	__u32 kind;	 /* enum watch_kind, of what is created or deleted */
	__u32 mode;	 /* of WATCH_MODE: the new permissions */
	__u32 new_uid;	 /* of WATCH_OWNER; 0xffffffff: as before */
	__u32 new_gid;
	__u32 flags; /* enum watch_flag */
	struct watch_path path;
	struct watch_path from; /* of a rename or a link: the older name */
	__u16 argv_length;
	__u16 reserved[3]; /* 0 */
};
_Static_assert(sizeof(struct watch_event) == 112, "watch_event is read by its offsets");

#endif
