/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tcpconnect's BPF program hands to user space. */
#ifndef IMAGESNOOP_TCPCONNECT_H
#define IMAGESNOOP_TCPCONNECT_H

#include "event.h"

enum tcpconnect_event {
	EVENT_CONNECT = 1,	 /* struct connect_event: an attempt with its outcome */
	EVENT_CONNECT_BEGUN = 2, /* struct connect_event: an attempt under way (--when) */
	EVENT_DNS_ANSWER = 3,	 /* struct dns_event (--dns) */
};

enum connect_outcome {
	OUTCOME_PENDING = 0,
	OUTCOME_ESTABLISHED = 1,
	OUTCOME_FAILED = 2,  /* `error` says why */
	OUTCOME_ABORTED = 3, /* given up by its own side: closed, disconnected, killed */
};

struct connect_event {
	struct event_header header; /* the owner, when the attempt began; netns of the socket */
	__u64 latency_ns;	    /* from the attempt to its outcome; 0 while pending */
	__u8 saddr[16];		    /* network order; IPv4 in the first four bytes */
	__u8 daddr[16];
	__s32 ret;    /* as the system call returned it, if has_ret */
	__u32 error;  /* errno of a failed attempt, positive; else 0 */
	__u16 lport;  /* host order; 0: never assigned, or not yet */
	__u16 dport;  /* host order */
	__u8 family;  /* 4 or 6; IPv4-mapped addresses are 4 */
	__u8 outcome; /* enum connect_outcome */
	__u8 has_ret; /* 0: the call has not returned, never will, or there was none */
	__u8 padding[5];
};
_Static_assert(sizeof(struct connect_event) == 128, "connect_event is read by its offsets");

/* The state of an attempt: the row as far as it is known, and what is still to come. */
struct attempt {
	struct connect_event event;
	__u16 stale_port; /* inet_sport before the attempt: a port of an earlier one, or 0 */
	__u8 awaits;	  /* enum awaits, in the program */
	__u8 nonblocking; /* O_NONBLOCK on the file when the attempt began */
	__u8 derives_ret; /* no hook sees the call return: ret follows from the outcome */
	__u8 announced;	  /* EVENT_CONNECT_BEGUN is out */
	__u8 had_errors;  /* the socket's error queue was not empty before */
	__u8 padding;
	__u32 reported;		   /* errno told while the socket kept trying, or 0 */
	__u64 reported_latency_ns; /* when that was, since the attempt began */
};
_Static_assert(sizeof(struct attempt) == 152, "attempt is read by its offsets");

/* Connections of --count. */
struct flow_key {
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 dport;  /* host order */
	__u16 family; /* 4 or 6 */
};
_Static_assert(sizeof(struct flow_key) == 36, "flow_key is read by its offsets");

/* The largest UDP answer that resolvers ask for (EDNS) is 4096; longer ones come by TCP. */
#define DNS_PAYLOAD 4096

struct dns_event {
	struct event_header header;
	__u32 length; /* bytes of payload kept */
	__u32 total;  /* bytes received */
	__u8 tcp;     /* 1: part of a stream of messages, each after its length */
	__u8 padding[7];
	__u8 payload[];
};
_Static_assert(sizeof(struct dns_event) == 80, "dns_event is read by its offsets");

#endif
