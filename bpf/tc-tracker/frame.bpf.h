/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a frame to IP: VLAN tags, beside the frame and in it. */
#ifndef IMAGESNOOP_TC_TRACKER_FRAME_BPF_H
#define IMAGESNOOP_TC_TRACKER_FRAME_BPF_H

#include <bpf/bpf_endian.h>
#include "kernel.bpf.h"

#define ETH_P_IP     0x0800 /* include/uapi/linux/if_ether.h */
#define ETH_P_IPV6   0x86dd
#define ETH_P_8021Q  0x8100
#define ETH_P_8021AD 0x88a8

#define VLAN_VID_MASK 0x0fff
#define VLAN_TAGS     3

/* Ids of the outer and of the second tag; 0: there is none. */
struct vlan_ids {
	__u16 outer;
	__u16 inner;
};

/* Where IP is: at `offset` from one of the two starts that the kernel knows. */
struct ip_place {
	__u32 start; /* BPF_HDR_START_NET or BPF_HDR_START_MAC */
	__u32 offset;
	__u16 protocol; /* ETH_P_* */
};

static __always_inline long load(struct __sk_buff *skb, const struct ip_place *ip, __u32 offset,
				 void *into, __u32 size)
{
	return bpf_skb_load_bytes_relative(skb, ip->offset + offset, into, size, ip->start);
}

static __always_inline bool is_vlan(__u16 protocol)
{
	return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD;
}

/* What is rare has a function that the verifier looks at once, not once for each way that leads to
 * it. Of 5.10 such functions take and return numbers only, so results are packed into one. */
struct vlan_walk {
	__u16 protocol; /* behind the tags */
	__u16 offset;	/* of that, from the frame's start */
	__u16 vlan;
	__u16 inner_vlan;
};
_Static_assert(sizeof(struct vlan_walk) == sizeof(__u64), "it is returned as a number");

/* Walks the tags that are in the frame. */
__noinline __u64 walk_vlans(struct __sk_buff *skb, __u32 protocol)
{
	union {
		struct vlan_walk walk;
		__u64 packed;
	} result = {.walk = {.protocol = protocol, .offset = 14}};
	struct {
		__be16 tci;
		__be16 protocol;
	} tag;

	for (int i = 0; i < VLAN_TAGS; i++) {
		__u16 id;

		if (!is_vlan(result.walk.protocol) ||
		    bpf_skb_load_bytes_relative(skb, result.walk.offset, &tag, sizeof(tag),
						BPF_HDR_START_MAC))
			break;
		id = bpf_ntohs(tag.tci) & VLAN_VID_MASK;
		if (i == 0)
			result.walk.vlan = id;
		else if (i == 1)
			result.walk.inner_vlan = id;
		result.walk.protocol = bpf_ntohs(tag.protocol);
		result.walk.offset += sizeof(tag);
	}
	return result.packed;
}

/* The tag that hardware or the kernel took off is beside the frame. Others are in it, and then the
 * network header is behind the first or behind the last one, as the sender pleased: only the walk
 * from the frame's start is unambiguous. */
static __always_inline void find_ip(struct __sk_buff *skb, struct vlan_ids *vlans,
				    struct ip_place *ip)
{
	union {
		struct vlan_walk walk;
		__u64 packed;
	} tags;

	ip->start = BPF_HDR_START_NET;
	ip->offset = 0;
	ip->protocol = bpf_ntohs(skb->protocol);
	if (skb->vlan_present)
		vlans->outer = skb->vlan_tci & VLAN_VID_MASK;
	if (!is_vlan(ip->protocol))
		return;
	tags.packed = walk_vlans(skb, ip->protocol);
	if (vlans->outer) {
		vlans->inner = tags.walk.vlan;
	} else {
		vlans->outer = tags.walk.vlan;
		vlans->inner = tags.walk.inner_vlan;
	}
	ip->start = BPF_HDR_START_MAC;
	ip->offset = tags.walk.offset;
	ip->protocol = tags.walk.protocol;
}

#endif
