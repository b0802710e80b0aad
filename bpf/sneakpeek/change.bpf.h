/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change of a file, as hooks describe it. */
#ifndef IMAGESNOOP_SNEAKPEEK_CHANGE_BPF_H
#define IMAGESNOOP_SNEAKPEEK_CHANGE_BPF_H

#include "../include/kernel.bpf.h"
#include "../include/filters.bpf.h"
#include "../include/path.bpf.h"
#include "../sneakpeek.h"

/* The host's mount namespace, whose processes are in no container; 0: they are wanted, too. */
const volatile __u32 cfg_host_mntns = 0;

enum named_by {
	BY_PATH = 0,	 /* `at` is it */
	BY_CALL = 1,	 /* a directory descriptor and a name, as a system call was given them */
	BY_OLD_NAME = 2, /* `at` is its directory, the name is in `old_names` */
};

struct change_path {
	struct path at;
	__u64 name; /* in the caller's memory */
	__s32 dfd;
	__u32 named_by;
};

/* Lives on the stack of an entry point, zeroed. */
struct change {
	__u32 operation;
	__u32 kind;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 flags;
	__u64 bytes;
	struct change_path path;
	struct change_path from; /* of a rename or a link */
};

struct old_name {
	char text[NAME_SIZE];
};

/* What renames under way are of. Key: the thread. Inserted when a rename begins, read when it has
 * succeeded; the next one of the thread takes its place. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct old_name);
} old_names SEC(".maps");

/* Is the change of this task wanted? Asked before anything else is looked at. */
static __always_inline bool change_is_wanted(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	/* This very process passes, so that its filter counts that the hook fires. */
	if (cfg_host_mntns && pid != cfg_self_pid && task_mntns(task) == cfg_host_mntns)
		return false;
	return current_is_wanted();
}

#endif
