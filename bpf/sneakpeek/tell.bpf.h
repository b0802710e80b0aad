/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two ways from an entry point that has described a change to its record.
 *
 * Tracepoints and kprobes go on by a tail call in the one program of their type that walks paths:
 * without bpf_loop(), before 5.17, the verifier takes too long over such a walk for each of many
 * entry points to have its own. Tracing programs (fexit) cannot share one, as the kernel lets a
 * tail call lead only to a program for the same function; they are for kernels with bpf_loop(). */
#ifndef IMAGESNOOP_SNEAKPEEK_TELL_BPF_H
#define IMAGESNOOP_SNEAKPEEK_TELL_BPF_H

#include "count.bpf.h"
#include "record.bpf.h"

#define TRACING_SLOTS 3 /* changes told at the same time on one CPU */

/* One per CPU, larger than a per-CPU map allows; user space sets the size. One is enough for all
 * programs: tracepoints and kprobes run with preemption off and never within each other. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_space SEC(".maps");

/* TRACING_SLOTS per CPU, for programs that the kernel may preempt. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} tracing_space SEC(".maps");

/* The program that goes on, put there by user space. A map has programs of one type. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} tracepoint_teller SEC(".maps"), kprobe_teller SEC(".maps");

static __always_inline struct scratch *scratch_of_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&scratch_space, &cpu);
}

/* Does not return to its caller, if all is well. */
static __always_inline int hand_over(void *ctx, void *teller, const struct change *change)
{
	struct scratch *scratch;

	if (cfg_count)
		return count_change(change->bytes);
	scratch = scratch_of_cpu();
	if (scratch) {
		scratch->change = *change;
		bpf_tail_call(ctx, teller, 0);
	}
	count_lost(LOST_MAP_FULL);
	return 0;
}

static __always_inline int tell_handed_over(bool with_bpf_loop)
{
	struct scratch *scratch = scratch_of_cpu();

	if (scratch)
		tell(scratch, with_bpf_loop);
	return 0;
}

static __always_inline struct scratch *take_slot(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

#pragma clang loop unroll(full)
	for (__u32 i = 0; i < TRACING_SLOTS; i++) {
		__u32 slot = cpu * TRACING_SLOTS + i;
		struct scratch *scratch = bpf_map_lookup_elem(&tracing_space, &slot);

		if (scratch && __sync_val_compare_and_swap(&scratch->busy, 0, 1) == 0)
			return scratch;
	}
	return NULL;
}

/* Not inlined: it is the same for all tracing programs. */
static __noinline int tell_here(const struct change *change)
{
	struct scratch *scratch;

	if (cfg_count)
		return count_change(change->bytes);
	scratch = take_slot();
	if (!scratch) {
		count_lost(LOST_MAP_FULL);
		return 0;
	}
	scratch->change = *change;
	tell(scratch, true);
	__sync_lock_test_and_set(&scratch->busy, 0);
	return 0;
}

SEC("tracepoint")
int tell_tp(void *ctx)
{
	return tell_handed_over(true);
}

SEC("tracepoint")
int tell_unrolled_tp(void *ctx)
{
	return tell_handed_over(false);
}

SEC("kprobe")
int tell_kprobe(void *ctx)
{
	return tell_handed_over(true);
}

SEC("kprobe")
int tell_unrolled_kprobe(void *ctx)
{
	return tell_handed_over(false);
}

#endif
