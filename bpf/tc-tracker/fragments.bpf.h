/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments: only the first has the ports, and it may not come first. */
#ifndef IMAGESNOOP_TC_TRACKER_FRAGMENTS_BPF_H
#define IMAGESNOOP_TC_TRACKER_FRAGMENTS_BPF_H

#include "sessions.bpf.h"

struct fragment_key {
	__u8 source[16];
	__u8 destination[16];
	__u32 id;
	__u32 ifindex;
	__u32 netns;
	__u32 family;
};

struct fragments {
	struct session_key session; /* once the first is seen */
	__u32 known;
	__u64 skbs; /* that came before it */
	__u64 bytes;
	__u64 payload;
};

/* Packets that are under way in pieces. Inserted, read and updated here; the kernel takes out the
 * oldest. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct fragment_key);
	__type(value, struct fragments);
} fragments SEC(".maps");

static __always_inline void fragment_key_of(const struct packet *packet,
					    const struct session_key *session,
					    struct fragment_key *key)
{
	__builtin_memcpy(key->source, packet->source, 16);
	__builtin_memcpy(key->destination, packet->destination, 16);
	key->id = packet->fragment_id;
	key->ifindex = session->ifindex;
	key->netns = session->netns;
	key->family = packet->family;
}

/* Tells the others of its packet whose they are, and takes over those that were faster. */
static __always_inline void follow_first(const struct packet *packet, const struct session_key *key,
					 struct session *session, bool leaves)
{
	struct fragments all = {.session = *key, .known = 1};
	struct fragment_key id;
	struct fragments *early;

	fragment_key_of(packet, key, &id);
	early = bpf_map_lookup_elem(&fragments, &id);
	if (early && !early->known && session) {
		add_traffic(leaves ? &session->tx : &session->rx, early->skbs, early->bytes,
			    early->payload);
		count(COUNT_LOOSE_SKBS, -early->skbs);
		count(COUNT_LOOSE_BYTES, -early->bytes);
	}
	bpf_map_update_elem(&fragments, &id, &all, BPF_ANY);
}

static __always_inline void follow_later(struct __sk_buff *skb, const struct packet *packet,
					 const struct session_key *key, bool leaves)
{
	struct fragment_key id;
	struct fragments *all;
	struct session *session;

	fragment_key_of(packet, key, &id);
	all = bpf_map_lookup_elem(&fragments, &id);
	if (all && all->known) {
		session = bpf_map_lookup_elem(&sessions, &all->session);
		if (session) {
			add_traffic(leaves ? &session->tx : &session->rx, 1, skb->len,
				    packet->payload_bytes);
			session->last_ns = bpf_ktime_get_ns();
			return;
		}
	} else if (all) {
		__sync_fetch_and_add(&all->skbs, 1);
		__sync_fetch_and_add(&all->bytes, skb->len);
		__sync_fetch_and_add(&all->payload, packet->payload_bytes);
	} else {
		struct fragments early = {
		    .skbs = 1, .bytes = skb->len, .payload = packet->payload_bytes};

		bpf_map_update_elem(&fragments, &id, &early, BPF_NOEXIST);
	}
	count(COUNT_LOOSE_SKBS, 1);
	count(COUNT_LOOSE_BYTES, skb->len);
}

#endif
