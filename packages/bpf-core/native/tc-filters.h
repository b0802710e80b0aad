// SPDX-License-Identifier: GPL-2.0-or-later
//
// Filters on clsact of an interface in the calling thread's network namespace, by route netlink, as
// libbpf cannot list them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

/** Filters of any kind and owner, both directions; -1 when the kernel did not tell. */
int CountFilters(int ifindex);

struct BpfFilter {
	uint32_t priority;
	uint32_t handle;
	uint32_t programId;
	/** The name that its maker gave it: of libbpf the program's. */
	std::string name;
};

/** BPF filters of one direction; false when the kernel did not tell. */
bool ListBpfFilters(int ifindex, bool ingress, std::vector<BpfFilter> &filters);
