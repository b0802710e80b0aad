/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From IP to a TCP segment: IPv4 with options, IPv6 with extension headers,
 * fragments, and what GSO and GRO made one of many. */
#ifndef IMAGESNOOP_TC_TRACKER_PACKET_BPF_H
#define IMAGESNOOP_TC_TRACKER_PACKET_BPF_H

#include "frame.bpf.h"

#define NEXT_HOP_BY_HOP	 0 /* RFC 8200; IANA protocol numbers */
#define NEXT_TCP	 6
#define NEXT_ROUTING	 43
#define NEXT_FRAGMENT	 44
#define NEXT_AUTH	 51
#define NEXT_DESTINATION 60
#define NEXT_MOBILITY	 135
#define EXTENSIONS	 8

#define FLAG_FIN 0x01 /* RFC 9293, byte 13 of the header */
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_ACK 0x10

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER  20

enum fragment {
	FRAGMENT_NONE = 0,
	FRAGMENT_FIRST = 1, /* with the TCP header */
	FRAGMENT_LATER = 2,
};

struct packet {
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port; /* host order; ports, flags and seq are 0 in a later fragment */
	__u16 destination_port;
	struct vlan_ids vlans;
	__u8 family; /* 4 or 6 */
	__u8 fragment;
	__u8 flags;
	__u32 fragment_id;
	__u32 seq;
	__u32 payload_bytes;
	__u32 more_packets;
	__u32 more_bytes;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sk_buff___offsets {
	__u16 mac_header;
	__u16 network_header;
};

#pragma clang attribute pop

/* Bytes of the IP packet, where its own header does not tell (BIG TCP: more than fit its field). */
static __always_inline __u32 ip_bytes_of_frame(struct __sk_buff *skb, const struct ip_place *ip)
{
	struct sk_buff___offsets *offsets = (void *)skb;
	__u32 before = ip->offset;

	if (ip->start == BPF_HDR_START_NET)
		before +=
		    BPF_CORE_READ(offsets, network_header) - BPF_CORE_READ(offsets, mac_header);
	return skb->len - before;
}

/* What the TCP header says, and what of the `ip_payload` bytes is behind it. */
static __always_inline bool read_tcp(struct packet *packet, const __u8 *tcp, __u32 ip_payload)
{
	__u32 header = (tcp[12] >> 4) * 4;

	if (header < TCP_HEADER || header > ip_payload)
		return false;
	packet->source_port = bpf_ntohs(*(__u16 *)tcp);
	packet->destination_port = bpf_ntohs(*(__u16 *)(tcp + 2));
	packet->seq = bpf_ntohl(*(__u32 *)(tcp + 4));
	packet->flags = tcp[13];
	packet->payload_bytes = ip_payload - header;
	return true;
}

static __always_inline bool parse_ipv4(struct __sk_buff *skb, const struct ip_place *ip,
				       struct packet *packet)
{
	__u8 bytes[IPV4_HEADER + TCP_HEADER] __attribute__((aligned(4)));
	__u32 header, total, place;

	/* Options, if there are any, come in between: the usual header is read in one go. */
	if (load(skb, ip, 0, bytes, IPV4_HEADER) || bytes[9] != NEXT_TCP)
		return false;
	header = (bytes[0] & 0xf) * 4;
	total = bpf_ntohs(*(__u16 *)(bytes + 2));
	if (!total)
		total = ip_bytes_of_frame(skb, ip);
	if (header < IPV4_HEADER || header > total)
		return false;
	packet->family = 4;
	*(__u32 *)packet->source = *(__u32 *)(bytes + 12);
	*(__u32 *)packet->destination = *(__u32 *)(bytes + 16);
	place = bpf_ntohs(*(__u16 *)(bytes + 6));
	if (place & 0x3fff) { /* an offset, or more fragments to come */
		packet->fragment_id = *(__u16 *)(bytes + 4);
		packet->fragment = place & 0x1fff ? FRAGMENT_LATER : FRAGMENT_FIRST;
		if (packet->fragment == FRAGMENT_LATER) {
			packet->payload_bytes = total - header;
			return true;
		}
	}
	if (load(skb, ip, header, bytes + IPV4_HEADER, TCP_HEADER))
		return false;
	return read_tcp(packet, bytes + IPV4_HEADER, total - header);
}

struct extension_walk {
	__u32 fragment_id;
	__u16 offset;  /* where TCP or a fragment's data begins, from the IPv6 header; 0: nowhere */
	__u8 fragment; /* enum fragment */
	__u8 padding;
};
_Static_assert(sizeof(struct extension_walk) == sizeof(__u64), "it is returned as a number");

/* Walks the extension headers that begin with one of the kind `next`. */
__noinline __u64 walk_extensions(struct __sk_buff *skb, __u32 start, __u32 offset, __u32 next)
{
	union {
		struct extension_walk walk;
		__u64 packed;
	} result = {};
	__u32 at = IPV6_HEADER;

	for (int i = 0; i < EXTENSIONS; i++) {
		__u8 extension[8] __attribute__((aligned(4)));

		if (next == NEXT_TCP) {
			result.walk.offset = at;
			break;
		}
		if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_FRAGMENT &&
		    next != NEXT_AUTH && next != NEXT_DESTINATION && next != NEXT_MOBILITY)
			break;
		if (bpf_skb_load_bytes_relative(skb, offset + at, extension, sizeof(extension),
						start))
			break;
		if (next == NEXT_FRAGMENT) {
			__u16 place = bpf_ntohs(*(__u16 *)(extension + 2));

			result.walk.fragment_id = *(__u32 *)(extension + 4);
			at += sizeof(extension);
			if (place & 0xfff8) {
				result.walk.fragment = FRAGMENT_LATER;
				result.walk.offset = extension[0] == NEXT_TCP ? at : 0;
				break;
			}
			if (place & 1)
				result.walk.fragment = FRAGMENT_FIRST;
		} else {
			at += next == NEXT_AUTH ? (extension[1] + 2) * 4 : (extension[1] + 1) * 8;
		}
		next = extension[0];
	}
	return result.packed;
}

static __always_inline __u32 skip_extensions(struct __sk_buff *skb, const struct ip_place *ip,
					     __u8 next, struct packet *packet)
{
	union {
		struct extension_walk walk;
		__u64 packed;
	} result;

	if (next == NEXT_TCP)
		return IPV6_HEADER;
	result.packed = walk_extensions(skb, ip->start, ip->offset, next);
	packet->fragment = result.walk.fragment;
	packet->fragment_id = result.walk.fragment_id;
	return result.walk.offset;
}

static __always_inline bool parse_ipv6(struct __sk_buff *skb, const struct ip_place *ip,
				       struct packet *packet)
{
	__u8 bytes[IPV6_HEADER] __attribute__((aligned(4)));
	__u8 tcp[TCP_HEADER] __attribute__((aligned(4)));
	__u32 total, begin;

	if (load(skb, ip, 0, bytes, IPV6_HEADER))
		return false;
	begin = skip_extensions(skb, ip, bytes[6], packet);
	if (!begin)
		return false;
	packet->family = 6;
	__builtin_memcpy(packet->source, bytes + 8, 16);
	__builtin_memcpy(packet->destination, bytes + 24, 16);
	total = bpf_ntohs(*(__u16 *)(bytes + 4));
	total = total ? total + IPV6_HEADER : ip_bytes_of_frame(skb, ip);
	if (begin > total)
		return false;
	if (packet->fragment == FRAGMENT_LATER) {
		packet->payload_bytes = total - begin;
		return true;
	}
	return !load(skb, ip, begin, tcp, TCP_HEADER) && read_tcp(packet, tcp, total - begin);
}

/* On the wire each packet of an aggregate has all the headers of the first. */
static __always_inline void count_wire(struct __sk_buff *skb, struct packet *packet)
{
	__u32 tag = skb->vlan_present ? 4 : 0; /* on the wire, but not in the frame as we have it */
	__u32 segments = skb->gso_segs;

	/* A guest's aggregate may come without their number. */
	if (skb->gso_size && !segments)
		segments = (packet->payload_bytes + skb->gso_size - 1) / skb->gso_size;
	packet->more_bytes = tag;
	if (segments < 2)
		return;
	packet->more_packets = segments - 1;
	packet->more_bytes += (segments - 1) * (skb->len - packet->payload_bytes + tag);
}

/* The packet that is being looked at: one slot per direction. Not on the stack, so that what comes
 * after parsing is verified once and not for each form that a packet may have. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct packet);
} packets SEC(".maps");

/* Fills the slot. 0 for what is not TCP, or not whole enough to be understood as such. */
__noinline int parse_packet(struct __sk_buff *skb, __u32 slot)
{
	struct packet *packet = bpf_map_lookup_elem(&packets, &slot);
	struct ip_place ip;

	if (!packet)
		return 0;
	__builtin_memset(packet, 0, sizeof(*packet));
	find_ip(skb, &packet->vlans, &ip);
	if (ip.protocol == ETH_P_IP ? !parse_ipv4(skb, &ip, packet)
				    : ip.protocol != ETH_P_IPV6 || !parse_ipv6(skb, &ip, packet))
		return 0;
	count_wire(skb, packet);
	return 1;
}

#endif
