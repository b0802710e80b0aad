/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much containers do, for those who want sums instead of events. */
#ifndef IMAGESNOOP_SNEAKPEEK_COUNT_BPF_H
#define IMAGESNOOP_SNEAKPEEK_COUNT_BPF_H

#include "../include/kernel.bpf.h"
#include "../include/emit.bpf.h"
#include "../include/task.bpf.h"

#define MAX_COUNTED 4096 /* containers and cgroups in them, also those that have ended */

/* Sums instead of events. */
const volatile bool cfg_count = false;

struct counted {
	__u64 cgroup_id;
	__u32 mntns;
	__u32 reserved;
};

struct counts {
	__u64 changes;
	__u64 written_bytes;
	__u64 execs;
	__u64 connects;
};

/* What was done by whom since the start. Added to here, read by user space at intervals; the oldest
 * go when there are too many. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_COUNTED);
	__type(key, struct counted);
	__type(value, struct counts);
} counts SEC(".maps");

static __always_inline struct counts *counts_of_current(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct counted key = {};
	struct counts none = {}, *found;

	key.cgroup_id = bpf_get_current_cgroup_id();
	key.mntns = task_mntns(task);
	found = bpf_map_lookup_elem(&counts, &key);
	if (found)
		return found;
	bpf_map_update_elem(&counts, &key, &none, BPF_NOEXIST);
	found = bpf_map_lookup_elem(&counts, &key);
	if (!found)
		count_lost(LOST_MAP_FULL);
	return found;
}

static __always_inline int count_change(__u64 bytes)
{
	struct counts *counts = counts_of_current();

	if (counts) {
		__sync_fetch_and_add(&counts->changes, 1);
		/* Of a constant 0 clang would make an atomic "or", which is since 5.12 only. */
		if (bytes)
			__sync_fetch_and_add(&counts->written_bytes, bytes);
	}
	return 0;
}

static __always_inline int count_exec(void)
{
	struct counts *counts = counts_of_current();

	if (counts)
		__sync_fetch_and_add(&counts->execs, 1);
	return 0;
}

static __always_inline int count_connect(void)
{
	struct counts *counts = counts_of_current();

	if (counts)
		__sync_fetch_and_add(&counts->connects, 1);
	return 0;
}

#endif
