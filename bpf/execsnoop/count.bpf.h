/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often, by whom: counted in the kernel. */
#ifndef IMAGESNOOP_EXECSNOOP_COUNT_BPF_H
#define IMAGESNOOP_EXECSNOOP_COUNT_BPF_H

#include "record.bpf.h"

/* User space sets the size when it counts. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct count_key);
	__type(value, __u64);
} counts SEC(".maps");

/* The end of the walked path: what a program is called stands there. */
static __always_inline void put_exe_key(struct count_key *key, const struct path_walk *walk)
{
	__u32 length = path_length(walk), start = walk->start;

	if (length > COUNT_TEXT) {
		start = PATH_SIZE - 1 - COUNT_TEXT;
		length = COUNT_TEXT;
	}
	barrier_var(start);
	bpf_probe_read_kernel(key->text, length, &walk->text[start & (PATH_SIZE - 1)]);
}

/* By program: the walk has its path. */
static __always_inline void count_exec(struct scratch *scratch)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct count_key *key = &scratch->key;
	__u64 zero = 0, *count;

	__builtin_memset(key, 0, sizeof(*key));
	switch (cfg_count_by) {
	case COUNT_BY_UID:
		key->uid = (__u32)bpf_get_current_uid_gid();
		break;
	case COUNT_BY_COMM:
		BPF_CORE_READ_STR_INTO((char(*)[COMM_LEN])key->text, task, comm);
		break;
	case COUNT_BY_CONTAINER:
		key->cgroup_id = bpf_get_current_cgroup_id();
		key->mntns = task_mntns(task);
		break;
	default:
		put_exe_key(key, &scratch->walk);
	}
	count = bpf_map_lookup_elem(&counts, key);
	if (!count) {
		bpf_map_update_elem(&counts, key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&counts, key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		count_lost(LOST_MAP_FULL);
}

#endif
