/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose events are wanted. Decided in the kernel, in process context, before anything is copied.
 *
 * A mode of FILTER_ALL is known before the program is loaded (it is read-only data), so the
 * verifier removes the look-up and its cost. Sets are filled by the loader; those not in use keep
 * one entry. */
#ifndef IMAGESNOOP_FILTERS_BPF_H
#define IMAGESNOOP_FILTERS_BPF_H

#include "kernel.bpf.h"
#include "event.h"
#include "task.bpf.h"

enum filter_mode {
	FILTER_ALL = 0,	    /* no filter */
	FILTER_INCLUDE = 1, /* only what is in the set */
	FILTER_EXCLUDE = 2, /* all but what is in the set */
};

const volatile __u32 cfg_self_pid = 0; /* the tracing process: never an event of its own */
const volatile __u32 filter_pid_mode = FILTER_ALL;
const volatile __u32 filter_uid_mode = FILTER_ALL;
const volatile __u32 filter_comm_mode = FILTER_ALL;
const volatile __u32 filter_container_mode = FILTER_ALL;
/* User space tells whose a container is when it is met for the first time: see container_passes().
 */
const volatile bool filter_container_judged = false;
const volatile __u32 filter_mntns_mode = FILTER_ALL;
const volatile __u32 filter_cgroup_mode = FILTER_ALL;

#define FILTER_SET(NAME, KEY, VALUE)                                                               \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, 1);                                                            \
		__type(key, KEY);                                                                  \
		__type(value, VALUE);                                                              \
	} NAME SEC(".maps")

struct filter_comm {
	char comm[COMM_LEN]; /* padded with NULs */
};

FILTER_SET(filter_pids, __u32, __u8);
FILTER_SET(filter_uids, __u32, __u8);
FILTER_SET(filter_comms, struct filter_comm, __u8);
FILTER_SET(filter_container_mntns, __u64, __u32);
FILTER_SET(filter_container_cgroups, __u64, __u32);

/* What tells whether a task is of a container, and of which. */
struct container_owner {
	__u64 cgroup_id;
	__u64 mntns;
};

/* Owners that are not wanted, as user space has found. One that is evicted is asked for again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct container_owner);
	__type(value, __u32);
} filter_container_others SEC(".maps");

/* --mntnsmap and --cgroupmap: replaced by the pinned map of that path, key and value as bcc's. */
FILTER_SET(filter_mntns, __u64, __u32);
FILTER_SET(filter_cgroups, __u64, __u32);

/* Times that a hook fired for the tracing process itself: the proof that it does fire. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} selftest SEC(".maps");

static __always_inline bool filter_allows(void *set, __u32 mode, const void *key)
{
	if (mode == FILTER_ALL)
		return true;
	return !bpf_map_lookup_elem(set, key) == (mode == FILTER_EXCLUDE);
}

/* A container may make cgroups below its own, so the ancestors count too. The depth of a cgroup
 * of a pod's container is 5 under systemd; 12 leaves room for nested runtimes. */
#define CGROUP_DEPTH 12

static __always_inline bool in_container_set(struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	__u64 key = task_mntns(task);

	if (bpf_map_lookup_elem(&filter_container_mntns, &key))
		return true;
	/* Not bpf_get_current_ancestor_cgroup_id(): tracing programs of 5.10 have no such helper.
	 */
#pragma clang loop unroll(disable)
	for (int level = 1; level < CGROUP_DEPTH; level++) {
		struct cgroup_subsys_state *parent = BPF_CORE_READ(cgroup, self.parent);

		if (!parent) /* the root is no container's */
			break;
		key = BPF_CORE_READ(cgroup, kn, id);
		if (bpf_map_lookup_elem(&filter_container_cgroups, &key))
			return true;
		cgroup = (void *)parent - bpf_core_field_offset(struct cgroup, self);
	}
	return false;
}

/* The first program of a container runs before anybody in user space can know of the container. So
 * whoever is not known to be unwanted passes, and user space holds what it gets until it knows:
 * nothing of a wanted one is missed, and of the others no more than the beginning costs anything.
 * Not for what is counted here, which cannot be taken back. */
static __always_inline bool container_passes(struct task_struct *task)
{
	if (filter_container_judged) {
		struct container_owner owner = {task_cgroup_id(task), task_mntns(task)};

		return !bpf_map_lookup_elem(&filter_container_others, &owner);
	}
	return in_container_set(task) == (filter_container_mode == FILTER_INCLUDE);
}

/* Does a task pass all filters? Helpers know the current one's ids faster than its structs do. */
static __always_inline bool task_passes(struct task_struct *task, bool is_current)
{
	if (filter_pid_mode != FILTER_ALL) {
		__u32 pid = BPF_CORE_READ(task, tgid);

		if (!filter_allows(&filter_pids, filter_pid_mode, &pid))
			return false;
	}
	if (filter_uid_mode != FILTER_ALL) {
		__u32 uid = is_current ? (__u32)bpf_get_current_uid_gid() : task_uid(task);

		if (!filter_allows(&filter_uids, filter_uid_mode, &uid))
			return false;
	}
	if (filter_comm_mode != FILTER_ALL) {
		struct filter_comm name = {};

		BPF_CORE_READ_STR_INTO(&name.comm, task, comm);
		if (!filter_allows(&filter_comms, filter_comm_mode, &name))
			return false;
	}
	if (filter_container_mode != FILTER_ALL && !container_passes(task))
		return false;
	if (filter_mntns_mode != FILTER_ALL) {
		__u64 mntns = task_mntns(task);

		if (!filter_allows(&filter_mntns, filter_mntns_mode, &mntns))
			return false;
	}
	if (filter_cgroup_mode != FILTER_ALL) {
		__u64 cgroup_id = is_current ? bpf_get_current_cgroup_id() : task_cgroup_id(task);

		if (!filter_allows(&filter_cgroups, filter_cgroup_mode, &cgroup_id))
			return false;
	}
	return true;
}

/* Does the current task pass all filters? False for the tracing process itself. */
static __always_inline bool current_is_wanted(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u32 zero = 0;

	if (pid == cfg_self_pid) {
		__u64 *fired = bpf_map_lookup_elem(&selftest, &zero);

		if (fired)
			__sync_fetch_and_add(fired, 1);
		return false;
	}
	return task_passes(acting_task(), true);
}

#endif
