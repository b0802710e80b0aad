/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes through a connection. Bytes are told by the end that reads them, since only the reader
 * knows their order; who wrote them is told by the end that writes, with the place in the stream.
 * Each record says how many bytes it stands for, so one that is lost leaves a hole of known size.
 */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_STREAM_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_STREAM_BPF_H

#include <asm-generic/errno.h>
#include "buffers.bpf.h"

#define MSG_OOB	       1    /* include/linux/socket.h */
#define MAX_STEPS      2048 /* slices and pieces of one call: 32 MB, or that many small pieces */
#define UNROLLED_STEPS 256  /* each is one for the verifier, too */

const struct received_event *received_event_type __attribute__((unused));
const struct sent_event *sent_event_type __attribute__((unused));
const struct closed_event *closed_event_type __attribute__((unused));

struct scratch {
	struct received_event event;
	__u8 bytes[SLICE_SIZE];
	struct buffers buffers;
	struct piece piece; /* what is left of the one at hand */
	__u32 next_piece;
	__u32 left; /* bytes still to be told */
};

/* One per CPU and program: a program is never entered twice on one CPU, two programs may be. */
enum scratch_slot { SCRATCH_TRACEPOINT, SCRATCH_FEXIT, SCRATCH_KPROBE, SCRATCH_SLOTS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_space SEC(".maps");

/* Bytes that were read and that nobody will be told of, by enum unseen_cause; [0]: because there
 * was no room in the ring buffer. Added to here, read by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, UNSEEN_WAITING + 1);
	__type(key, __u32);
	__type(value, __u64);
} unseen_bytes SEC(".maps");

static __always_inline void count_unseen(__u32 cause, __u64 bytes)
{
	__u64 *count = bpf_map_lookup_elem(&unseen_bytes, &cause);

	if (count)
		*count += bytes;
}

static __always_inline void emit_received(struct received_event *event, __u32 captured)
{
	event->captured = captured;
	if (bpf_ringbuf_output(&events, event, sizeof(*event) + captured, 0)) {
		count_lost(LOST_RING_BUFFER_FULL);
		count_unseen(UNSEEN_NOTHING, event->length);
	} else if (!captured) {
		count_unseen(event->unseen, event->length);
	}
	event->offset += event->length;
}

static __always_inline void emit_unseen(struct received_event *event, __u32 length, __u32 cause)
{
	event->length = length;
	event->unseen = cause;
	emit_received(event, 0);
	event->unseen = UNSEEN_NOTHING;
}

static __always_inline bool take_piece(struct scratch *scratch)
{
	__u32 index = scratch->next_piece;

	if (index >= scratch->buffers.count)
		return false;
	scratch->next_piece = index + 1;
	if (!scratch->buffers.pieces) {
		scratch->piece = scratch->buffers.only;
		return true;
	}
	return !bpf_probe_read_user(&scratch->piece, sizeof(scratch->piece),
				    (const void *)scratch->buffers.pieces +
					index * sizeof(struct piece));
}

/* Tells of one slice, or turns to the next piece of memory. */
static __always_inline long tell_step(struct scratch *scratch)
{
	__u32 length = scratch->left;

	if (!length)
		return 1;
	if (!scratch->piece.length)
		return take_piece(scratch) ? 0 : 1;
	if (length > scratch->piece.length)
		length = scratch->piece.length;
	if (length > SLICE_SIZE)
		length = SLICE_SIZE;
	scratch->event.length = length;
	barrier_var(length);
	if (length > SLICE_SIZE) /* as the verifier must see it, after the last change */
		return 1;
	if (bpf_probe_read_user(scratch->bytes, length, (const void *)scratch->piece.base))
		emit_unseen(&scratch->event, length, UNSEEN_MEMORY);
	else
		emit_received(&scratch->event, length);
	scratch->piece.base += length;
	scratch->piece.length -= length;
	scratch->left -= length;
	return 0;
}

static long tell_step_callback(__u32 index, struct scratch **scratch)
{
	(void)index;
	return tell_step(*scratch);
}

/* bpf_loop() came in 5.17; see path.bpf.h. */
static __always_inline void tell_steps(struct scratch *scratch, bool with_bpf_loop)
{
	if (with_bpf_loop) {
		bpf_loop(MAX_STEPS, tell_step_callback, &scratch, 0);
		return;
	}
#pragma clang loop unroll(disable)
	for (int i = 0; i < UNROLLED_STEPS; i++)
		if (tell_step(scratch))
			return;
}

/* What splice(2) took out of the socket, if no hook saw it, is missing in the count of what was
 * read. Told only where both counts began with the connection. What was sent is looked at before
 * what waits, so that a send in between cannot look like a hole. */
static __always_inline void tell_missed(struct sock *sk, struct end *end,
					struct received_event *event, __u64 sent, __u32 ret)
{
	__u64 read = end->received + ret;
	__s64 unread;

	if (!end->from_start || sent <= read)
		return;
	unread = unread_bytes(sk);
	if (unread < 0 || sent <= read + unread)
		return;
	sent -= read + unread;
	__sync_fetch_and_add(&end->received, sent);
	emit_unseen(event, sent, UNSEEN_SPLICE);
}

static __always_inline void begin_received(struct received_event *event, struct end *end)
{
	fill_header(&event->header, EVENT_RECEIVED, bpf_ktime_get_ns());
	event->conn = end->conn;
	event->to_server = end->role == ROLE_SERVER;
	event->unseen = UNSEEN_NOTHING;
	__builtin_memset(event->reserved, 0, sizeof(event->reserved));
	event->offset = end->received;
}

/* To be called when a call has read `ret` bytes, before these are told. */
static __always_inline void tell_waited(struct end *end, struct received_event *event, __u32 ret)
{
	__u64 length = settle(end, ret);

	if (!length)
		return;
	begin_received(event, end);
	__sync_fetch_and_add(&end->received, length);
	emit_unseen(event, length, UNSEEN_WAITING);
}

static __always_inline void tell_received(struct sock *sk, struct end *end, __u32 slot, __s32 ret,
					  bool with_bpf_loop)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratch_space, &slot);
	struct end *writer = peer_end(sk);
	struct received_event *event;
	bool found;

	if (!scratch)
		return;
	event = &scratch->event;
	__builtin_memset(&scratch->buffers, 0, sizeof(scratch->buffers));
	found = find_buffers(sk, end, ret, &scratch->buffers);
	end->used = 1;
	if (ret < 0)
		return;
	tell_waited(end, event, ret);
	if (ret == 0)
		return;
	begin_received(event, end);
	if (writer)
		tell_missed(sk, end, event, writer->sent, ret);
	event->offset = advance(&end->received, ret, with_bpf_loop);
	scratch->left = ret;
	scratch->piece.length = 0;
	scratch->next_piece = 0;
	if (found)
		tell_steps(scratch, with_bpf_loop);
	if (scratch->left)
		emit_unseen(event, scratch->left, found ? UNSEEN_BUFFERS : UNSEEN_READER);
	__sync_fetch_and_add(&end->told, ret);
}

/* Nothing more goes either way: the other end is closed, or both have shut down what they send and
 * read what was sent. What the other has taken from its queue may still be on its way to user
 * space; then it tells of the end itself, when it reads that. */
static __always_inline bool is_over(struct sock *sk, struct end *end)
{
	struct sock *peer = peer_of(sk);
	struct end *other;

	if (!is_shut_down(sk) || !peer || is_orphan(peer))
		return is_shut_down(sk);
	other = end_of(peer);
	return is_drained(peer) && (!other || other->ended || other->told >= end->sent);
}

/* Where the counts of both ends do not begin alike, what was sent is not known. */
static __always_inline void put_counts(struct closed_event *record, __u32 role, struct end *end,
				       struct end *reader)
{
	__u64 read = reader ? reader->received : 0;

	record->sent[role] = end && end->aligned ? end->sent : read;
	record->received[!role] = read;
}

static __always_inline void tell_closed(struct sock *sk, struct end *end)
{
	struct closed_event *record;
	struct end *other = peer_end(sk);
	struct end *client = end->role == ROLE_CLIENT ? end : other;
	struct received_event waited = {};
	__u32 server = end->role == ROLE_SERVER;

	if (end->closed)
		return;
	end->closed = 1;
	if (client && client->opened) {
		tell_waited(end, &waited, 0);
		if (other)
			tell_waited(other, &waited, 0);
	}
	record = emit_reserve(sizeof(*record));
	if (!record)
		return;
	fill_header(&record->header, EVENT_CLOSED, bpf_ktime_get_ns());
	record->conn = end->conn;
	put_counts(record, server, end, other);
	put_counts(record, !server, other, end);
	bpf_ringbuf_submit(record, 0);
}

#endif
