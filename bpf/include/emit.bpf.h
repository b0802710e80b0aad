/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of an event out of the kernel. Whoever cannot get an event through counts it: the sum
 * of rows and losses is the number of traced operations.
 *
 * Wake-ups are left to the ring buffer's own rule (one when the reader had caught up). The reader
 * sleeps 10 ms after each drain, so a busy producer pays for a wake-up 100 times a second. */
#ifndef IMAGESNOOP_EMIT_BPF_H
#define IMAGESNOOP_EMIT_BPF_H

#include "kernel.bpf.h"
#include "event.h"

/* User space sets the size before loading (--buffer). */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} events SEC(".maps");

/* enum lost_cause -> count. Written here, read by the loader. Per CPU: no shared cache line. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LOST_CAUSES);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

static __always_inline void count_lost(__u32 cause)
{
	__u64 *count = bpf_map_lookup_elem(&lost, &cause);

	if (count)
		*count += 1;
}

/* For records of one size: reserve, fill the whole record, then bpf_ringbuf_submit(record, 0). */
static __always_inline void *emit_reserve(__u64 size)
{
	void *record = bpf_ringbuf_reserve(&events, size, 0);

	if (!record)
		count_lost(LOST_RING_BUFFER_FULL);
	return record;
}

/* For records whose size is known only when they are filled: built in a scratch map, then copied.
 */
static __always_inline void emit_copy(void *record, __u64 size)
{
	if (bpf_ringbuf_output(&events, record, size, 0))
		count_lost(LOST_RING_BUFFER_FULL);
}

#endif
