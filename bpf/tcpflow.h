/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tcpflow's BPF program hands to user space. */
#ifndef IMAGESNOOP_TCPFLOW_H
#define IMAGESNOOP_TCPFLOW_H

#include "event.h"

enum tcpflow_event {
	EVENT_FLOW = 1,	   /* struct flow, in the table */
	EVENT_ALERT = 2,   /* struct flow, at the moment it passes the limits of --alert */
	EVENT_CONNECT = 3, /* struct flow_event: a connect() with its outcome */
	EVENT_ACCEPT = 4,  /* struct flow_event: a connection that accept() returned */
	EVENT_CLOSE = 5,   /* struct flow_event: the end of one of these */
};

/* Calls of one process between the same addresses, by the port that names the service. */
struct flow_key {
	__u8 local[16]; /* network order; IPv4 in the first four bytes */
	__u8 remote[16];
	char comm[COMM_LEN];
	__u32 pid;
	__u16 port;  /* host order: remote of a connect(), local of an accept() */
	__u8 family; /* 4 or 6; IPv4-mapped addresses are 4 */
	__u8 call;   /* EVENT_CONNECT or EVENT_ACCEPT */
};
_Static_assert(sizeof(struct flow_key) == 56, "flow_key has no holes");

struct flow {
	struct event_header header; /* of the first call; netns of its socket */
	__u64 last_ns;		    /* CLOCK_MONOTONIC, of the last call */
	__u64 count;		    /* calls; 0 for a moment, before the first is counted */
	__u8 local[16];
	__u8 remote[16];
	__u16 port;
	__u8 family;
	__u8 call;
	__u8 alerted; /* told by --alert */
	__u8 padding[3];
};
_Static_assert(sizeof(struct flow) == 120, "flow is read by its offsets");

enum flow_side {
	SIDE_UNKNOWN = 0,
	SIDE_LOCAL = 1,
	SIDE_REMOTE = 2,
};

enum flow_end {
	END_NONE = 0,
	END_FIN = 1,	 /* each side has said that it is done */
	END_RESET = 2,	 /* by RST, from either side */
	END_TIMEOUT = 3, /* nobody answered any more */
};

struct flow_event {
	struct event_header header; /* the owner: who connected or accepted; netns of the socket */
	__u64 flow;		    /* socket cookie */
	__u64 duration_ns;	    /* at a close, since the connection stood; 0: not known */
	__u64 tx_bytes;		    /* at a close: payload sent, without repetitions */
	__u64 rx_bytes;		    /* at a close: payload received in order */
	__u8 local[16];		    /* network order; IPv4 in the first four bytes */
	__u8 remote[16];
	__u32 retransmits; /* at a close: segments, those of the handshake included */
	__u32 error;	   /* errno, positive; 0: none, or the attempt was given up */
	__u16 sport;	   /* local, host order */
	__u16 dport;	   /* remote */
	__u8 family;	   /* 4 or 6 */
	__u8 failed;	   /* a connect() without a connection */
	__u8 side;	   /* enum flow_side: who ended it */
	__u8 end;	   /* enum flow_end */
	__u8 preexisting;  /* open before the tracer was */
	__u8 call;	   /* EVENT_CONNECT or EVENT_ACCEPT: how it began */
	__u8 padding[6];
};
_Static_assert(sizeof(struct flow_event) == 152, "flow_event is read by its offsets");

/* A connection, or an attempt at one, whose end is awaited. */
struct open_flow {
	struct flow_event event;
	__u64 since_ns; /* when the connection stood; 0: not known */
	__u8 pending;	/* connect() has no outcome yet */
	__u8 reset;	/* RST received */
	__u8 padding[6];
};
_Static_assert(sizeof(struct open_flow) == 168, "open_flow is read by its offsets");

#endif
