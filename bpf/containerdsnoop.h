/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the BPF program tells user space of the connections that it watches. */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_H
#define IMAGESNOOP_CONTAINERDSNOOP_H

#include "include/event.h"

#define ADDRESS_LEN 108 /* UNIX_PATH_MAX, include/uapi/linux/un.h */
#define SLICE_SIZE  16384

enum containerdsnoop_event_type {
	EVENT_OPEN = 1,	    /* a connection is seen for the first time */
	EVENT_RECEIVED = 2, /* one end has read; the bytes follow the struct */
	EVENT_SENT = 3,	    /* one end has written; who, and where in the stream */
	EVENT_CLOSED = 4,   /* one end is gone, and the other has seen it */
	EVENT_HOLDER = 5,   /* who held an end when the tool started */
};

enum end_role {
	ROLE_CLIENT = 0,
	ROLE_SERVER = 1,
};

/* Bytes that were read, but could not be copied, and why. */
enum unseen_cause {
	UNSEEN_NOTHING = 0,
	UNSEEN_READER = 1,  /* by io_uring, a kernel thread or a 32-bit program */
	UNSEEN_MEMORY = 2,  /* the reader's memory was gone again */
	UNSEEN_BUFFERS = 3, /* beyond what one call may be told of: 2,048 pieces */
	UNSEEN_SPLICE = 4,  /* taken out of the socket by splice(2) */
	UNSEEN_WAITING = 5, /* by a call that waited already when hooks were attached */
};

/* The header's owner is whoever did what made the connection known. */
struct open_event {
	struct event_header header;
	__u64 conn;	    /* socket cookie of the client's end */
	__u32 client_pid;   /* when it connected; 0 if unknown */
	__u32 server_pid;   /* when it began to listen */
	__u8 from_start;    /* all of its bytes are told; else it was open before */
	__u8 address_bytes; /* of `address`; an abstract one begins with a NUL */
	__u8 reserved[2];
	char address[ADDRESS_LEN]; /* that the server has bound */
};
_Static_assert(sizeof(struct open_event) == 192, "open_event has padding");

/* The header's owner is the reader. */
struct received_event {
	struct event_header header;
	__u64 conn;
	__u64 offset;	/* of the first byte in this direction's stream, as far as it was seen */
	__u32 length;	/* bytes read */
	__u32 captured; /* how many of them follow: all, or none */
	__u8 to_server; /* direction of the bytes */
	__u8 unseen;	/* enum unseen_cause */
	__u8 reserved[6];
};
_Static_assert(sizeof(struct received_event) == 96, "received_event has padding");

/* The header's owner is the writer. */
struct sent_event {
	struct event_header header;
	__u64 conn;
	__u64 offset;
	__u32 length;
	__u8 to_server;
	__u8 reserved[3];
};
_Static_assert(sizeof(struct sent_event) == 88, "sent_event has padding");

struct closed_event {
	struct event_header header;
	__u64 conn;
	__u64 sent[2]; /* bytes by enum end_role of who sent them; where that is not known, read */
	__u64 received[2]; /* by who read them */
};
_Static_assert(sizeof(struct closed_event) == 104, "closed_event has padding");

struct holder_event {
	struct event_header header;
	__u64 conn;
	__u32 role; /* enum end_role */
	__u32 reserved;
};
_Static_assert(sizeof(struct holder_event) == 80, "holder_event has padding");

/* A socket that accepts connections when the tool starts. Written by the iterator to its reader. */
struct listener {
	__u32 pid;
	__u32 address_bytes;
	char address[ADDRESS_LEN];
	char comm[COMM_LEN];
};
_Static_assert(sizeof(struct listener) == 132, "listener has padding");

#endif
