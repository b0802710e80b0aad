/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry points inside the kernel by kprobes, the same as by fexit. What a function was given is
 * kept until it returns. */
#ifndef IMAGESNOOP_SNEAKPEEK_KPROBE_BPF_H
#define IMAGESNOOP_SNEAKPEEK_KPROBE_BPF_H

#include <bpf/bpf_tracing.h>
#include "kernel-files.bpf.h"
#include "tell.bpf.h"

#define MAX_CALLS 4096 /* at the same time, on the whole machine */

enum function {
	IN_OPEN,
	IN_WRITE,
	IN_WRITEV,
	IN_SENDFILE,
	IN_SPLICE,
	IN_COPY,
	IN_FALLOCATE,
	IN_PATH_TRUNCATE,
	IN_TRUNCATE,
	IN_CHMOD,
	IN_CHOWN,
};

struct call_key {
	__u64 thread;
	__u64 function;
};

struct call_arguments {
	__u64 subject; /* a file, a path or a descriptor */
	__u64 rest;
};

/* Functions under way. Inserted when one begins, deleted when it returns; of those whose return was
 * missed the oldest goes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CALLS);
	__type(key, struct call_key);
	__type(value, struct call_arguments);
} calls SEC(".maps");

static __always_inline int keep(__u64 function, const void *subject, __u64 rest)
{
	struct call_key key = {bpf_get_current_pid_tgid(), function};
	struct call_arguments arguments = {(__u64)subject, rest};

	if (bpf_map_update_elem(&calls, &key, &arguments, BPF_ANY))
		count_lost(LOST_MAP_FULL);
	return 0;
}

/* Most calls are of others, or of what is no file. */
static __always_inline int keep_file(__u64 function, struct file *file)
{
	if (!file || !keeps_content(file, S_IFREG) || !change_is_wanted())
		return 0;
	return keep(function, file, 0);
}

static __always_inline bool kept(__u64 function, struct call_arguments *arguments)
{
	struct call_key key = {bpf_get_current_pid_tgid(), function};
	struct call_arguments *found = bpf_map_lookup_elem(&calls, &key);

	if (!found)
		return false;
	*arguments = *found;
	bpf_map_delete_elem(&calls, &key);
	return true;
}

/* The end of a function: `of` is what it was given, `ret` what it returned. */
#define ENDED(symbol, program, function, type, description)                                        \
	SEC("kretprobe/" #symbol)                                                                  \
	int BPF_KRETPROBE(program, type ret)                                                       \
	{                                                                                          \
		struct call_arguments of;                                                          \
		struct change change = {};                                                         \
                                                                                                   \
		if (!kept(function, &of) || !(description))                                        \
			return 0;                                                                  \
		return hand_over(ctx, &kprobe_teller, &change);                                    \
	}
#define THE_FILE ((struct file *)of.subject)
#define THE_PATH ((const struct path *)of.subject)

/* ---- open files ---- */

SEC("kprobe/do_filp_open")
int BPF_KPROBE(do_filp_open_kprobe, int dfd, void *name, struct open_flags *op)
{
	return change_is_wanted() ? keep(IN_OPEN, NULL, BPF_CORE_READ(op, open_flag)) : 0;
}
ENDED(do_filp_open, do_filp_open_kretprobe, IN_OPEN, struct file *,
      describe_opened(&change, ret, of.rest))

SEC("kprobe/do_file_open")
int BPF_KPROBE(do_file_open_kprobe, int dfd, void *name, struct open_flags *op)
{
	return change_is_wanted() ? keep(IN_OPEN, NULL, BPF_CORE_READ(op, open_flag)) : 0;
}
ENDED(do_file_open, do_file_open_kretprobe, IN_OPEN, struct file *,
      describe_opened(&change, ret, of.rest))

SEC("kprobe/vfs_write")
int BPF_KPROBE(vfs_write_kprobe, struct file *file)
{
	return keep_file(IN_WRITE, file);
}
ENDED(vfs_write, vfs_write_kretprobe, IN_WRITE, long,
      ret > 0 && describe_write(&change, THE_FILE, ret))

SEC("kprobe/vfs_writev")
int BPF_KPROBE(vfs_writev_kprobe, struct file *file)
{
	return keep_file(IN_WRITEV, file);
}
ENDED(vfs_writev, vfs_writev_kretprobe, IN_WRITEV, long,
      ret > 0 && describe_write(&change, THE_FILE, ret))

SEC("kprobe/do_sendfile")
int BPF_KPROBE(do_sendfile_kprobe, int out)
{
	return keep_file(IN_SENDFILE, file_of_fd(out));
}
ENDED(do_sendfile, do_sendfile_kretprobe, IN_SENDFILE, long,
      ret > 0 && describe_write(&change, THE_FILE, ret))

SEC("kprobe/do_splice")
int BPF_KPROBE(do_splice_kprobe, void *in, void *from, struct file *out)
{
	return keep_file(IN_SPLICE, out);
}
ENDED(do_splice, do_splice_kretprobe, IN_SPLICE, long,
      ret > 0 && describe_write(&change, THE_FILE, ret))

SEC("kprobe/vfs_copy_file_range")
int BPF_KPROBE(vfs_copy_file_range_kprobe, void *in, __u64 from, struct file *out)
{
	return keep_file(IN_COPY, out);
}
ENDED(vfs_copy_file_range, vfs_copy_file_range_kretprobe, IN_COPY, long,
      ret > 0 && describe_write(&change, THE_FILE, ret))

SEC("kprobe/vfs_fallocate")
int BPF_KPROBE(vfs_fallocate_kprobe, struct file *file)
{
	return keep_file(IN_FALLOCATE, file);
}
ENDED(vfs_fallocate, vfs_fallocate_kretprobe, IN_FALLOCATE, int,
      ret == 0 && describe_write(&change, THE_FILE, 0))

SEC("kprobe/vfs_truncate")
int BPF_KPROBE(vfs_truncate_kprobe, const struct path *path)
{
	return change_is_wanted() ? keep(IN_PATH_TRUNCATE, path, 0) : 0;
}
ENDED(vfs_truncate, vfs_truncate_kretprobe, IN_PATH_TRUNCATE, int,
      ret == 0 && (change.kind = WATCH_FILE) && describe_path(&change, WATCH_WRITE, THE_PATH))

/* Has an argument more in front since 9fe61450972d ("namei: prepare for idmapped mounts", 5.12).
 * The last but one is small, the last is none or an address. */
SEC("kprobe/do_truncate")
int BPF_KPROBE(do_truncate_kprobe, void *first, void *second, __u64 third, __u64 fourth,
	       __u64 fifth)
{
	bool is_newer = fourth <= 0xffffffff;
	__u64 attributes = is_newer ? fourth : third;

	return attributes & ATTR_OPEN
		   ? 0
		   : keep_file(IN_TRUNCATE, (struct file *)(is_newer ? fifth : fourth));
}
ENDED(do_truncate, do_truncate_kretprobe, IN_TRUNCATE, int,
      ret == 0 && describe_write(&change, THE_FILE, 0))

SEC("kprobe/fault_dirty_shared_page")
int BPF_KPROBE(mapped_kprobe, struct vm_fault *fault)
{
	struct change change = {};

	return describe_mapped(&change, fault) ? hand_over(ctx, &kprobe_teller, &change) : 0;
}

SEC("kprobe/chmod_common")
int BPF_KPROBE(chmod_common_kprobe, const struct path *path, __u16 mode)
{
	return change_is_wanted() ? keep(IN_CHMOD, path, mode) : 0;
}
ENDED(chmod_common, chmod_common_kretprobe, IN_CHMOD, int,
      ret == 0 && describe_path_mode(&change, THE_PATH, of.rest))

SEC("kprobe/chown_common")
int BPF_KPROBE(chown_common_kprobe, const struct path *path, __u32 uid, __u32 gid)
{
	return change_is_wanted() ? keep(IN_CHOWN, path, uid | (__u64)gid << 32) : 0;
}
ENDED(chown_common, chown_common_kretprobe, IN_CHOWN, int,
      ret == 0 && describe_path_owner(&change, THE_PATH, of.rest, of.rest >> 32))

#endif
