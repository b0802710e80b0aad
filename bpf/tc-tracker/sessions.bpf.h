/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of sessions: how they begin, count and end. */
#ifndef IMAGESNOOP_TC_TRACKER_SESSIONS_BPF_H
#define IMAGESNOOP_TC_TRACKER_SESSIONS_BPF_H

#include "emit.bpf.h"
#include "owner.bpf.h"
#include "packet.bpf.h"

/* Inserted here; read by user space, which deletes a session some time after its end. When it is
 * full the kernel takes out who has been silent longest: created - deleted - present are those.
 * User space sets the size before loading (--max-sessions). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct session_key);
	__type(value, struct session);
} sessions SEC(".maps");

/* A new session is made here, since it is too large for the stack: one slot per direction. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct session);
} fresh_sessions SEC(".maps");

/* enum tc_tracker_count -> how many. Written here, read by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

/* So that user space knows the layout of what it reads. */
struct session_record *unused_session_record __attribute__((unused));

const volatile __u32 cfg_netns = 0; /* if all interfaces are of one namespace: its inode number */

static __always_inline void count(__u32 what, __u64 how_many)
{
	__u64 *sum = bpf_map_lookup_elem(&counts, &what);

	if (sum)
		*sum += how_many;
}

static __always_inline void key_of(struct __sk_buff *skb, const struct packet *packet, bool leaves,
				   struct session_key *key)
{
	__builtin_memcpy(leaves ? key->local : key->remote, packet->source, 16);
	__builtin_memcpy(leaves ? key->remote : key->local, packet->destination, 16);
	key->local_port = leaves ? packet->source_port : packet->destination_port;
	key->remote_port = leaves ? packet->destination_port : packet->source_port;
	key->ifindex = skb->ifindex;
	key->netns = cfg_netns ? cfg_netns : packet_netns(skb);
	key->vlan = packet->vlans.outer;
	key->inner_vlan = packet->vlans.inner;
	key->family = packet->family;
}

static __always_inline void add_traffic(struct traffic *traffic, __u64 skbs, __u64 bytes,
					__u64 payload)
{
	__sync_fetch_and_add(&traffic->skbs, skbs);
	__sync_fetch_and_add(&traffic->skb_bytes, bytes);
	if (payload)
		__sync_fetch_and_add(&traffic->payload_bytes, payload);
}

static __always_inline bool is_first_syn(const struct packet *packet)
{
	return (packet->flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN;
}

static __always_inline struct session *begin_session(const struct session_key *key,
						     const struct packet *packet, bool leaves,
						     __u64 now, __u64 flags)
{
	__u32 slot = leaves;
	struct session *fresh = bpf_map_lookup_elem(&fresh_sessions, &slot);

	if (!fresh)
		return NULL;
	fresh->header.ts_ns = now;
	fresh->wanted = cfg_filtered ? WANTED_UNKNOWN : WANTED_YES;
	fresh->opener = OPENER_UNKNOWN;
	fresh->syn_seq = 0;
	if (is_first_syn(packet)) {
		fresh->opener = leaves ? OPENER_LOCAL : OPENER_REMOTE;
		fresh->syn_seq = packet->seq;
	}
	if (!bpf_map_update_elem(&sessions, key, fresh, flags)) {
		count(COUNT_CREATED, 1);
		return bpf_map_lookup_elem(&sessions, key);
	}
	/* Another CPU may have been first. */
	struct session *session = bpf_map_lookup_elem(&sessions, key);

	if (!session)
		count_lost(LOST_MAP_FULL);
	return session;
}

/* Is this SYN the beginning of another session on addresses and ports that are in the table? Not
 * when it is sent again, nor when both sides open at the same time. */
static __always_inline bool takes_over(const struct session *session, const struct packet *packet,
				       bool leaves)
{
	__u8 opener = leaves ? OPENER_LOCAL : OPENER_REMOTE;

	if (session->opener == opener)
		return session->syn_seq != packet->seq;
	return session->opener == OPENER_UNKNOWN || session->end || session->answered;
}

static __always_inline struct session *replace_session(struct session *session,
						       const struct session_key *key,
						       const struct packet *packet, bool leaves,
						       __u64 now)
{
	struct session_record *record = emit_reserve(sizeof(*record));

	if (record) {
		record->session = *session;
		record->key = *key;
		record->padding = 0;
		record->session.header.type = EVENT_REPLACED;
		bpf_ringbuf_submit(record, 0);
	}
	count(COUNT_REPLACED, 1);
	return begin_session(key, packet, leaves, now, BPF_ANY);
}

static __always_inline void follow_end(struct session *session, const struct packet *packet,
				       bool leaves, __u64 now)
{
	__u8 before = session->end;

	if (packet->flags & FLAG_FIN) {
		if (leaves && !session->tx_fin_ns)
			session->tx_fin_ns = now;
		if (!leaves && !session->rx_fin_ns)
			session->rx_fin_ns = now;
		if (!before && session->tx_fin_ns && session->rx_fin_ns)
			session->end = END_FIN;
	}
	if (packet->flags & FLAG_RST && !session->end) {
		session->rst_ns = now;
		session->end = END_RST;
	}
	if (!before && session->end)
		count(COUNT_ENDED, 1);
}

/* A whole packet or the first of its fragments, with its session's key. */
static __always_inline struct session *follow_packet(struct __sk_buff *skb,
						     const struct session_key *key,
						     const struct packet *packet, bool leaves)
{
	__u64 now = bpf_ktime_get_ns();
	struct session *session = bpf_map_lookup_elem(&sessions, key);
	struct traffic *traffic;

	if (!session) {
		session = begin_session(key, packet, leaves, now, BPF_NOEXIST);
	} else if (is_first_syn(packet)) {
		if (takes_over(session, packet, leaves))
			session = replace_session(session, key, packet, leaves, now);
		else if (session->opener == (leaves ? OPENER_LOCAL : OPENER_REMOTE))
			__sync_fetch_and_add(&session->syn_retransmits, 1);
	}
	if (!session)
		return NULL;
	traffic = leaves ? &session->tx : &session->rx;
	add_traffic(traffic, 1, skb->len, packet->payload_bytes);
	if (packet->more_packets)
		__sync_fetch_and_add(&traffic->more_packets, packet->more_packets);
	if (packet->more_bytes)
		__sync_fetch_and_add(&traffic->more_bytes, packet->more_bytes);
	session->last_ns = now;
	if (!session->answered && !is_first_syn(packet) && !(packet->flags & FLAG_RST))
		session->answered = 1;
	if (packet->flags & (FLAG_FIN | FLAG_RST))
		follow_end(session, packet, leaves, now);
	if (leaves && !session->owned && skb->sk)
		learn_owner(skb, session);
	return session;
}

#endif
