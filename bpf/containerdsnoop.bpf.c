// SPDX-License-Identifier: GPL-2.0-or-later
/* Every chdir(2): who, the path as given, how it ended and how long it took.
 *
 * Hooks: the tracepoints of the system call, on every kernel. Each enabled system call tracepoint
 * costs all system calls some 36 ns. The path is read from the caller's memory after the call, so
 * a second thread could have changed it.
 *
 * Not seen: fchdir(2), and 32-bit calls, which have no tracepoint. */
#include "include/kernel.bpf.h"
#include <bpf/bpf_tracing.h>
#include "include/emit.bpf.h"
#include "include/filters.bpf.h"
#include "include/task.bpf.h"
#include "containerdsnoop.h"

#define MAX_IN_FLIGHT 4096 /* calls between their start and their end, on the whole machine */

struct pending_call {
	__u64 ts_ns;
	__u64 user_path; /* where the caller has the path */
};

/* Calls under way. Key: thread (pid_tgid). Inserted when a call starts, deleted when it ends. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_IN_FLIGHT);
	__type(key, __u64);
	__type(value, struct pending_call);
} pending SEC(".maps");

/* Keeps the struct in the object's BTF, which user space decodes by. */
const struct containerdsnoop_event *containerdsnoop_event_type_ __attribute__((unused));

static __always_inline int handle_start(const char *user_path)
{
	struct pending_call call = {.ts_ns = bpf_ktime_get_ns(), .user_path = (__u64)user_path};
	__u64 key = bpf_get_current_pid_tgid();

	if (!current_is_wanted())
		return 0;
	if (bpf_map_update_elem(&pending, &key, &call, BPF_ANY))
		count_lost(LOST_MAP_FULL);
	return 0;
}

static __always_inline void fill_path(struct containerdsnoop_event *event, const void *user_path)
{
	long size = bpf_probe_read_user_str(event->path, sizeof(event->path), user_path);

	if (size == sizeof(event->path))
		count_lost(LOST_TRUNCATED);
}

static __always_inline int handle_end(int ret)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct pending_call *call = bpf_map_lookup_elem(&pending, &key);
	struct containerdsnoop_event *event;

	if (!call)
		return 0; /* not wanted, or begun before we were attached */
	event = emit_reserve(sizeof(*event));
	if (event) {
		__builtin_memset(event, 0, sizeof(*event));
		fill_header(&event->header, CONTAINERDSNOOP_EVENT, call->ts_ns);
		event->latency_ns = bpf_ktime_get_ns() - call->ts_ns;
		event->ret = ret;
		fill_path(event, (void *)call->user_path);
		bpf_ringbuf_submit(event, 0);
	}
	bpf_map_delete_elem(&pending, &key);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_chdir")
int chdir_enter_tp(struct trace_event_raw_sys_enter *ctx)
{
	return handle_start((void *)ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_exit_chdir")
int chdir_exit_tp(struct trace_event_raw_sys_exit *ctx)
{
	return handle_end(ctx->ret);
}

char LICENSE[] SEC("license") = "GPL";
