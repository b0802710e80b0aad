/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tc-tracker's BPF programs hand to user space. */
#ifndef IMAGESNOOP_TC_TRACKER_H
#define IMAGESNOOP_TC_TRACKER_H

#include "event.h"

/* One session as one interface sees it. "Local" is this side of the interface: the source of what
 * leaves by it and the destination of what arrives. */
struct session_key {
	__u8 local[16]; /* network order; IPv4 in the first four bytes */
	__u8 remote[16];
	__u16 local_port; /* host order */
	__u16 remote_port;
	__u32 ifindex;
	__u32 netns;	  /* inode number of the interface's namespace */
	__u16 vlan;	  /* outer VLAN id; 0 without a tag */
	__u16 inner_vlan; /* the second tag of QinQ */
	__u32 family;	  /* 4 or 6 */
};
_Static_assert(sizeof(struct session_key) == 52, "session_key is read by its offsets");

/* One direction. An skb is what the kernel handles at once: with GSO and GRO many packets, of which
 * all but the first are in more_*: their number, and the bytes of their headers. */
struct traffic {
	__u64 skbs;
	__u64 skb_bytes;     /* frames with their link layer header, as interfaces count */
	__u64 payload_bytes; /* what TCP carried, retransmissions included */
	__u64 more_packets;
	__u64 more_bytes;
};

enum session_opener {
	OPENER_UNKNOWN = 0, /* it began before we looked */
	OPENER_LOCAL = 1,   /* the first SYN left by the interface */
	OPENER_REMOTE = 2,
};

enum session_end {
	END_NONE = 0,
	END_FIN = 1, /* both sides have closed */
	END_RST = 2,
};

enum session_wanted {
	WANTED_UNKNOWN = 0, /* filters ask for the owner, and it is not known */
	WANTED_YES = 1,
	WANTED_NO = 2,
};

struct session {
	struct event_header
	    header;	   /* ts_ns: of the first packet seen; the rest is 0 unless owned */
	struct traffic tx; /* leaving by the interface */
	struct traffic rx; /* arriving */
	__u64 last_ns;	   /* of the last packet */
	__u64 tx_fin_ns;   /* first FIN of each side; 0: none yet */
	__u64 rx_fin_ns;
	__u64 rst_ns;
	__u32 syn_seq; /* of the SYN that opened it */
	__u32 syn_retransmits;
	__u8 opener;   /* enum session_opener */
	__u8 answered; /* a SYN with ACK was seen, or data */
	__u8 end;      /* enum session_end */
	__u8 owned;    /* `header` tells of the local process */
	__u8 wanted;   /* enum session_wanted */
	__u8 padding[3];
};
_Static_assert(sizeof(struct session) == 192, "session is read by its offsets");

enum tc_tracker_event {
	EVENT_REPLACED =
	    1, /* struct session_record: another session took its addresses and ports */
};

struct session_record {
	struct session session;
	struct session_key key;
	__u32 padding;
};
_Static_assert(sizeof(struct session_record) == 248, "session_record is read by its offsets");

/* Keys of the map `counts`. */
enum tc_tracker_count {
	COUNT_CREATED = 0,    /* sessions put into the table */
	COUNT_REPLACED = 1,   /* of those, gone by EVENT_REPLACED */
	COUNT_ENDED = 2,      /* sessions that came to an end */
	COUNT_OTHER_SKBS = 3, /* not TCP, or not to be understood as such */
	COUNT_OTHER_BYTES = 4,
	COUNT_LOOSE_SKBS = 5, /* fragments whose first one was not seen */
	COUNT_LOOSE_BYTES = 6,
	COUNTS
};

#endif
