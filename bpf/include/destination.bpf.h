/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters on where a connection goes: address family, port, network. */
#ifndef IMAGESNOOP_DESTINATION_BPF_H
#define IMAGESNOOP_DESTINATION_BPF_H

#include "filters.bpf.h"
#include "socket.bpf.h"

const volatile __u32 filter_family = 0; /* 4 or 6; 0: both */
const volatile __u32 filter_port_mode = FILTER_ALL;
const volatile bool filter_by_cidr = false;

FILTER_SET(filter_ports, __u16, __u8); /* host order */

enum cidr_verdict {
	CIDR_INCLUDED = 1,
	CIDR_EXCLUDED = 2, /* `!network` */
};

struct cidr_key {
	__u32 prefix_length; /* in bits, of an IPv6 address; IPv4 is mapped: 96 more */
	__u8 address[16];
};

/* The longest match decides. User space writes the networks and then, last, the one of all
 * addresses (prefix_length 0): until that is there, nothing is wanted. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct cidr_key);
	__type(value, __u32);
} filter_cidrs SEC(".maps");

static __always_inline bool destination_is_wanted(const struct endpoints *ends)
{
	if (filter_family && filter_family != ends->family)
		return false;
	if (!filter_allows(&filter_ports, filter_port_mode, &ends->remote_port))
		return false;
	if (filter_by_cidr) {
		struct cidr_key key = {.prefix_length = 128};
		__u32 *verdict;

		if (ends->family == 4) {
			*(__u16 *)(key.address + 10) = 0xffff;
			__builtin_memcpy(key.address + 12, ends->remote.bytes, 4);
		} else {
			__builtin_memcpy(key.address, ends->remote.bytes, 16);
		}
		verdict = bpf_map_lookup_elem(&filter_cidrs, &key);
		return verdict && *verdict == CIDR_INCLUDED;
	}
	return true;
}

#endif
