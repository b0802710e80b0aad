/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mkdir from its start to its end, whatever hook sees them. */
#ifndef IMAGESNOOP_MKDIRSNOOP_CALL_BPF_H
#define IMAGESNOOP_MKDIRSNOOP_CALL_BPF_H

#include "../include/kernel.bpf.h"
#include "../include/emit.bpf.h"
#include "../include/filters.bpf.h"
#include "../include/path.bpf.h"
#include "../mkdirsnoop.h"

#define AT_FDCWD	   -100 /* include/uapi/linux/fcntl.h */
#define SHORT_NAME	   256	/* longer names take a place in long_names */
#define MAX_IN_FLIGHT	   4096 /* calls between their start and their end, on the whole machine */
#define MAX_LONG_IN_FLIGHT 256
#define TEXT_SIZE	   (3 * PATH_SIZE)

/* The host's mount namespace and its root file system; 0: unknown. */
const volatile __u32 cfg_host_mntns = 0;
const volatile __u32 cfg_host_root_dev = 0;
const volatile bool filter_failed_only = false;

struct pending_mkdir {
	struct event_header header;
	__u64 user_path; /* where the caller has the name; read at the end when name_size is 0 */
	__s32 dfd;
	__u32 mode;
	__u32 name_size; /* with its NUL */
	__u32 reserved;
	char name[SHORT_NAME];
};

struct long_name {
	char text[PATH_SIZE];
};

/* Calls under way. Key: thread (pid_tgid) or, for io_uring, the request's address. Inserted when a
 * call starts, deleted when it ends. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_IN_FLIGHT);
	__type(key, __u64);
	__type(value, struct pending_mkdir);
} pending SEC(".maps");

/* Their names when longer than pending_mkdir can hold; same key, same life. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_LONG_IN_FLIGHT);
	__type(key, __u64);
	__type(value, struct long_name);
} long_names SEC(".maps");

struct scratch {
	struct {
		struct mkdir_event fixed;
		char text[TEXT_SIZE + NAME_SIZE];
	} event;
	struct pending_mkdir call;
	struct path_walk walk;
	struct long_name name;
	struct { /* on the way through the mounts of a namespace */
		struct mount *top, *at;
		struct path root;
		__u32 down; /* next to what is mounted on this one */
		__u32 used; /* bytes of the text */
		__u32 cut;
	} mounts;
};

/* Where records are put together: one per CPU and program, since a program is never entered twice
 * on one CPU but two programs may be. */
enum scratch_slot {
	SCRATCH_MKDIR_ENTER,
	SCRATCH_MKDIR_EXIT,
	SCRATCH_MKDIRAT_ENTER,
	SCRATCH_MKDIRAT_EXIT,
	SCRATCH_URING_SUBMIT,
	SCRATCH_URING_COMPLETE,
	SCRATCH_SLOTS
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_space SEC(".maps");

const struct mkdir_event *mkdir_event_type __attribute__((unused));

/* ---- start of a call ---- */

/* The path argument of the system call that the current task is in; NULL if it is none of ours. */
static __always_inline const char *syscall_mkdir_path(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#if defined(__TARGET_ARCH_x86)
	switch (BPF_CORE_READ(regs, orig_ax)) {
	case 83: /* mkdir, arch/x86/entry/syscalls/syscall_64.tbl */
		return (void *)BPF_CORE_READ(regs, di);
	case 258: /* mkdirat */
		return (void *)BPF_CORE_READ(regs, si);
	}
#elif defined(__TARGET_ARCH_arm64)
	if (BPF_CORE_READ(regs, syscallno) == 34) /* mkdirat, include/uapi/asm-generic/unistd.h */
		return (void *)BPF_CORE_READ(regs, regs[1]);
#endif
	return NULL;
}

/* Takes the name from the kernel's copy; false when there is no room to keep it. */
static __always_inline bool take_name(struct scratch *scratch, __u64 key, const char *name)
{
	long size = bpf_probe_read_kernel_str(scratch->name.text, PATH_SIZE, name);

	if (size <= 0)
		return false;
	if (size <= SHORT_NAME)
		__builtin_memcpy(scratch->call.name, scratch->name.text, SHORT_NAME);
	else if (bpf_map_update_elem(&long_names, &key, &scratch->name, BPF_ANY))
		return false;
	scratch->call.name_size = size;
	return true;
}

static __always_inline void handle_mkdir_start(struct scratch *scratch, __u64 key, int dfd,
					       const char *kernel_name, const char *user_path,
					       __u32 mode)
{
	struct pending_mkdir *call = &scratch->call;

	fill_header(&call->header, MKDIR_EVENT, bpf_ktime_get_ns());
	call->user_path = (__u64)user_path;
	call->dfd = dfd;
	call->mode = mode & 0xffff; /* umode_t */
	call->name_size = 0;
	if ((kernel_name && !take_name(scratch, key, kernel_name)) ||
	    bpf_map_update_elem(&pending, &key, call, BPF_ANY))
		count_lost(LOST_MAP_FULL);
}

/* ---- end of a call ---- */

static __always_inline void put_name(struct mkdir_event *event, char *text,
				     struct pending_mkdir *call, __u64 key)
{
	__u32 size = call->name_size;
	struct long_name *name;
	long read;

	if (size > SHORT_NAME) {
		name = bpf_map_lookup_elem(&long_names, &key);
		if (!name)
			return;
		bpf_probe_read_kernel(text, PATH_SIZE, name->text);
	} else if (size > 0) {
		__builtin_memcpy(text, call->name, SHORT_NAME);
	} else {
		read = read_user_str(text, PATH_SIZE, (void *)call->user_path);
		if (read < 0) {
			event->flags |= MKDIR_ARGV_UNREADABLE;
			return;
		}
		size = read;
		if (size == PATH_SIZE) { /* PATH_MAX counts the NUL: a name this long is cut */
			event->flags |= MKDIR_ARGV_CUT;
			count_lost(LOST_TRUNCATED);
		}
	}
	event->argv_length = size - 1;
}

/* Appends a path to the text. Its place and length are bounded by masks for the verifier. */
static __always_inline __u16 put_path(char *text, __u32 at, const struct path_walk *walk)
{
	__u32 length = path_length(walk) & (PATH_SIZE - 1);

	barrier_var(at); /* the compiler may know that the mask changes nothing, the verifier not */
	bpf_probe_read_kernel(&text[at & (2 * PATH_SIZE - 1)], length,
			      &walk->text[walk->start & (PATH_SIZE - 1)]);
	return length;
}

static __always_inline bool is_host_root(const struct event_header *owner, const struct path *root)
{
	struct dentry *dentry = root->dentry;

	return cfg_host_root_dev && owner->mntns == cfg_host_mntns &&
	       BPF_CORE_READ(dentry, d_sb, s_dev) == cfg_host_root_dev &&
	       BPF_CORE_READ(dentry, d_parent) == dentry;
}

/* Where the path starts from, as the caller sees it and in the file system. */
static __always_inline void put_base(struct scratch *scratch, int dfd, bool with_bpf_loop)
{
	struct mkdir_event *event = &scratch->event.fixed;
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	char *text = scratch->event.text;
	struct path root = {}, dir = {};

	BPF_CORE_READ_INTO(&root, task, fs, root);
	if (event->argv_length && text[0] == '/')
		dir = root;
	else if (dfd == AT_FDCWD)
		BPF_CORE_READ_INTO(&dir, task, fs, pwd);
	else if (!path_of_fd(task, dfd, &dir)) {
		event->flags |= MKDIR_BASE_UNKNOWN;
		return;
	}
	path_below(&scratch->walk, &dir, &root, with_bpf_loop);
	event->base_length = put_path(text, event->argv_length, &scratch->walk);
	if (scratch->walk.cut) {
		event->flags |= MKDIR_BASE_CUT;
		count_lost(LOST_TRUNCATED);
	}
	event->dev = BPF_CORE_READ(dir.dentry, d_sb, s_dev);
	if (is_host_root(&event->header, &root)) {
		event->flags |= MKDIR_HOST_ROOT;
		return;
	}
	path_in_filesystem(&scratch->walk, dir.dentry, with_bpf_loop);
	event->fs_length = put_path(text, event->argv_length + event->base_length, &scratch->walk);
}

static __always_inline void forget(__u64 key, struct pending_mkdir *call)
{
	if (call->name_size > SHORT_NAME)
		bpf_map_delete_elem(&long_names, &key);
	bpf_map_delete_elem(&pending, &key);
}

static __always_inline void handle_mkdir_end(struct scratch *scratch, __u64 key,
					     struct pending_mkdir *call, int ret, __u32 flags,
					     bool with_bpf_loop)
{
	struct mkdir_event *event = &scratch->event.fixed;
	__u32 size;

	if (filter_failed_only && ret >= 0) {
		forget(key, call);
		return;
	}
	event->header = call->header;
	event->latency_ns = bpf_ktime_get_ns() - call->header.ts_ns;
	event->ret = ret;
	event->mode = call->mode;
	event->dev = 0;
	event->flags = flags;
	event->argv_length = 0;
	event->base_length = 0;
	event->fs_length = 0;
	event->reserved = 0;
	put_name(event, scratch->event.text, call, key);
	put_base(scratch, call->dfd, with_bpf_loop);
	forget(key, call);
	size = sizeof(*event) + event->argv_length + event->base_length + event->fs_length;
	if (size <= sizeof(*event) + TEXT_SIZE)
		emit_copy(event, size);
}

#endif
