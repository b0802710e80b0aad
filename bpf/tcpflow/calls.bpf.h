/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of flows: calls counted where they happen, so that a million of them cost user space
 * nothing. The flows in use longest ago make room for new ones; since all calls are counted beside
 * the table, what left it is known to the call. */
#ifndef IMAGESNOOP_TCPFLOW_CALLS_BPF_H
#define IMAGESNOOP_TCPFLOW_CALLS_BPF_H

#include "destination.bpf.h"
#include "emit.bpf.h"
#include "../tcpflow.h"

#define MAX_FLOWS 65536

const volatile bool cfg_events = false; /* tell each call instead of counting (--events) */
const volatile bool cfg_alert = false;	/* tell a flow that passes the limits */
const volatile __u64 alert_count = 0;	/* more calls than this */
const volatile __u64 alert_mtbs_ns = 0; /* and less than this between two; 0: whatever */

/* Put in and added to here, read by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_FLOWS);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

/* Calls that the table was to count; user space takes what it has counted from it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

/* Flows told by --alert. Two processors may see one pass the limits at once: an insertion that
 * refuses to replace lets only one of them tell. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct flow_key);
	__type(value, __u8);
} alerts SEC(".maps");

static __always_inline bool passes_limits(const struct flow *flow, __u64 now)
{
	__u64 count = flow->count;

	if (count <= alert_count)
		return false;
	return !alert_mtbs_ns ||
	       (count > 1 && (now - flow->header.ts_ns) / (count - 1) < alert_mtbs_ns);
}

static __always_inline void tell_alert(struct flow *flow, const struct flow_key *key, __u64 now)
{
	struct flow *record;
	__u8 one = 1;

	if (flow->alerted || !passes_limits(flow, now))
		return;
	flow->alerted = 1;
	if (bpf_map_update_elem(&alerts, key, &one, BPF_NOEXIST))
		return;
	record = emit_reserve(sizeof(*record));
	if (!record)
		return;
	__builtin_memcpy(record, flow, sizeof(*record));
	record->header.type = EVENT_ALERT;
	bpf_ringbuf_submit(record, 0);
}

/* The first call of a flow, or the first since it left the table. */
static __noinline struct flow *new_flow(const struct flow_key *key, __u64 now)
{
	struct flow flow = {};

	if (!key)
		return NULL;
	fill_header(&flow.header, EVENT_FLOW, now);
	__builtin_memcpy(flow.local, key->local, sizeof(flow.local));
	__builtin_memcpy(flow.remote, key->remote, sizeof(flow.remote));
	flow.port = key->port;
	flow.family = key->family;
	flow.call = key->call;
	bpf_map_update_elem(&flows, key, &flow, BPF_NOEXIST); /* or another processor was faster */
	return bpf_map_lookup_elem(&flows, key);
}

/* The current task, which is wanted, calls. */
static __always_inline void count_call(const struct endpoints *ends, __u16 port, __u8 call)
{
	struct task_struct *task = acting_task();
	struct flow_key key = {.port = port, .family = ends->family, .call = call};
	__u64 now = bpf_ktime_get_ns(), *total;
	struct flow *flow;
	__u32 zero = 0;

	total = bpf_map_lookup_elem(&calls, &zero);
	if (total)
		*total += 1;
	__builtin_memcpy(key.local, &ends->local, sizeof(key.local));
	__builtin_memcpy(key.remote, &ends->remote, sizeof(key.remote));
	BPF_CORE_READ_STR_INTO(&key.comm, task, comm);
	key.pid = BPF_CORE_READ(task, tgid);
	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow)
		flow = new_flow(&key, now);
	if (!flow)
		return;
	__sync_fetch_and_add(&flow->count, 1);
	flow->last_ns = now;
	if (cfg_alert)
		tell_alert(flow, &key, now);
}

/* Is a call between these ends wanted? Ports are those of the service, whoever offers it. */
static __always_inline bool call_is_wanted(const struct endpoints *ends, __u16 port)
{
	struct endpoints asked = *ends;

	asked.remote_port = port;
	return destination_is_wanted(&asked);
}

#endif
