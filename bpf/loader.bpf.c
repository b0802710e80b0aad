// SPDX-License-Identifier: GPL-2.0-or-later
/* What `loader doctor` tries: one program for each kind of hook, all of them on getpriority(2) and
 * setpriority(2), which the doctor calls on itself without changing anything. Each program counts
 * in its own place of `fired`; the doctor loads one at a time, attaches it, makes the calls and
 * looks. Programs for network interfaces and cgroups are attached for a moment and pass everything.
 *
 * A kernel may load a program that it cannot attach (fentry on arm64 before 6.4) and attach one
 * that it never runs (kprobes and fentry with ftrace switched off), so nothing less tells. */
#include "include/kernel.bpf.h"
#include <bpf/bpf_tracing.h>

#if defined(__TARGET_ARCH_x86)
#define GETPRIORITY "__x64_sys_getpriority"
#elif defined(__TARGET_ARCH_arm64)
#define GETPRIORITY "__arm64_sys_getpriority"
#endif

const volatile __u32 cfg_self_pid = 0; /* only calls of the doctor count */

/* Index 0: how often the program under test ran for us. Written here, read by the doctor. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} selftest SEC(".maps");

/* Never written to: that it can be made is the proof that ring buffers work. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 10);
} events SEC(".maps");

static __always_inline int fired(void)
{
	__u32 zero = 0;
	__u64 *count;

	if (bpf_get_current_pid_tgid() >> 32 != cfg_self_pid)
		return 0;
	count = bpf_map_lookup_elem(&selftest, &zero);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

SEC("fentry/" GETPRIORITY)
int probe_fentry(void *ctx)
{
	return fired();
}

SEC("fexit/" GETPRIORITY)
int probe_fexit(void *ctx)
{
	return fired();
}

SEC("kprobe/" GETPRIORITY)
int probe_kprobe(void *ctx)
{
	return fired();
}

SEC("kretprobe/" GETPRIORITY)
int probe_kretprobe(void *ctx)
{
	return fired();
}

SEC("tracepoint/syscalls/sys_enter_getpriority")
int probe_tracepoint(void *ctx)
{
	return fired();
}

SEC("tp_btf/sys_enter")
int probe_tp_btf(void *ctx)
{
	return fired();
}

SEC("raw_tracepoint/sys_enter")
int probe_raw_tp(void *ctx)
{
	return fired();
}

SEC("lsm/task_setnice")
int BPF_PROG(probe_lsm, void *task, int nice, int ret)
{
	fired();
	return ret; /* what the security modules before us said */
}

SEC("uprobe")
int probe_uprobe(void *ctx)
{
	return fired();
}

SEC("iter/task")
int probe_iter(void *ctx)
{
	return fired();
}

SEC("sockops")
int probe_sockops(void *ctx)
{
	return 1;
}

SEC("tc")
int probe_tc(void *ctx)
{
	return -1; /* TC_ACT_UNSPEC, TCX_NEXT: as if we were not there */
}

SEC("xdp")
int probe_xdp(void *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
