// SPDX-License-Identifier: GPL-2.0-or-later
/* tc-tracker: bytes, packets and durations of TCP sessions, at the TC hooks of interfaces.
 *
 * What is seen: each frame that arrives (after XDP, before netfilter and routing) and each that
 * leaves (after netfilter, before the queue), as the interface itself counts them. With offloads
 * the kernel handles many packets as one skb; both are counted. TCX programs (Linux 6.6) belong to
 * a file descriptor; before, filters of clsact do the same. The verdict is always "the next one
 * decides".
 *
 * Not seen: what XDP drops or redirects, what leaves by other ways than the stack (AF_XDP,
 * offloaded flows), and the cause of a silence.
 *
 * Lineage: the TCP tracker and TCP duration programs of giorgioDaniele's eBPF-experiments, anew. */
#include "include/kernel.bpf.h"
#include "tc-tracker/fragments.bpf.h"

#define NEXT_DECIDES -1 /* TCX_NEXT, TC_ACT_UNSPEC: include/uapi/linux/{bpf,pkt_cls}.h */

static __always_inline int handle_packet(struct __sk_buff *skb, bool leaves)
{
	struct session_key key;
	struct session *session;
	struct packet *packet;
	__u32 slot = leaves;

	if (!parse_packet(skb, slot)) {
		count(COUNT_OTHER_SKBS, 1);
		count(COUNT_OTHER_BYTES, skb->len);
		return NEXT_DECIDES;
	}
	packet = bpf_map_lookup_elem(&packets, &slot);
	if (!packet)
		return NEXT_DECIDES;
	key_of(skb, packet, leaves, &key);
	if (packet->fragment == FRAGMENT_LATER) {
		follow_later(skb, packet, &key, leaves);
		return NEXT_DECIDES;
	}
	session = follow_packet(skb, &key, packet, leaves);
	if (packet->fragment == FRAGMENT_FIRST)
		follow_first(packet, &key, session, leaves);
	return NEXT_DECIDES;
}

SEC("tcx/ingress")
int tc_tracker_in_tcx(struct __sk_buff *skb)
{
	return handle_packet(skb, false);
}

SEC("tcx/egress")
int tc_tracker_out_tcx(struct __sk_buff *skb)
{
	return handle_packet(skb, true);
}

SEC("tc")
int tc_tracker_in_clsact(struct __sk_buff *skb)
{
	return handle_packet(skb, false);
}

SEC("tc")
int tc_tracker_out_clsact(struct __sk_buff *skb)
{
	return handle_packet(skb, true);
}

char LICENSE[] SEC("license") = "GPL";
