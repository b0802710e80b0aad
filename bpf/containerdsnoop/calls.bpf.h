/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hooks call, after a call on any socket of this family has returned. */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_CALLS_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_CALLS_BPF_H

#include "stream.bpf.h"

/* What kretprobes are not told: the socket, and how it is read. By thread. User space sets the size
 * where this is in use. */
struct call {
	struct sock *sk;
	__u64 flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct call);
} calls SEC(".maps");

static __always_inline void begin_call(struct socket *socket, __u64 flags)
{
	struct call call = {BPF_CORE_READ(socket, sk), flags};
	__u64 thread = bpf_get_current_pid_tgid();

	if (call.sk && bpf_map_update_elem(&calls, &thread, &call, BPF_ANY))
		count_lost(LOST_MAP_FULL);
}

/* False where its beginning was not seen: it was under way when the hooks were attached. */
static __always_inline bool end_call(struct call *call)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct call *begun = bpf_map_lookup_elem(&calls, &thread);

	if (!begun)
		return false;
	*call = *begun;
	bpf_map_delete_elem(&calls, &thread);
	return true;
}

/* The proof that a hook fires: its calls for the tracing process itself are counted. */
static __always_inline bool is_self(void)
{
	__u32 zero = 0;
	__u64 *fired;

	if (!cfg_self_pid || bpf_get_current_pid_tgid() >> 32 != cfg_self_pid)
		return false;
	fired = bpf_map_lookup_elem(&selftest, &zero);
	if (fired)
		__sync_fetch_and_add(fired, 1);
	return true;
}

static __always_inline void handle_receive(struct sock *sk, __s32 ret, int flags, __u32 slot,
					   bool with_bpf_loop)
{
	struct end *end;

	if (flags & (MSG_PEEK | MSG_OOB))
		return;
	end = ret >= 0 ? watched_end(sk) : end_of(sk);
	if (!end || end->verdict != VERDICT_WANTED || end->closed)
		return;
	if (!is_selected(sk, end)) {
		if (ret > 0)
			__sync_fetch_and_add(&end->received, ret + settle(end, ret));
		return;
	}
	tell_received(sk, end, slot, ret, with_bpf_loop);
	if (ret == 0)
		end->ended = 1;
	if ((ret == 0 && is_over(sk, end)) || ret == -ECONNRESET)
		tell_closed(sk, end);
}

/* splice(2) out of a socket: how much, not what. */
static __always_inline void handle_splice(struct sock *sk, __s64 ret)
{
	struct received_event event = {};
	struct end *end = ret > 0 ? watched_end(sk) : NULL;

	if (!end || end->closed || !is_selected(sk, end))
		return;
	begin_received(&event, end);
	event.offset = advance(&end->received, ret, false);
	emit_unseen(&event, ret, UNSEEN_SPLICE);
}

static __always_inline void handle_send(struct sock *sk, __s32 ret, bool in_one_step)
{
	struct sent_event *record;
	struct end *end;
	__u64 offset;

	if (ret <= 0)
		return;
	end = watched_end(sk);
	if (!end || end->closed)
		return;
	offset = advance(&end->sent, ret, in_one_step);
	if (!is_selected(sk, end))
		return;
	record = emit_reserve(sizeof(*record));
	if (!record)
		return;
	fill_header(&record->header, EVENT_SENT, bpf_ktime_get_ns());
	record->conn = end->conn;
	record->offset = offset;
	record->length = ret;
	record->to_server = end->role == ROLE_CLIENT;
	__builtin_memset(record->reserved, 0, sizeof(record->reserved));
	bpf_ringbuf_submit(record, 0);
}

/* An end goes away. What it has sent may still be read, so the connection is over only when the
 * other has gone before. */
static __always_inline void handle_release(struct sock *sk)
{
	struct end *end = end_of(sk), *other;

	if (!end || end->verdict != VERDICT_WANTED)
		return;
	end->released = 1;
	other = peer_end(sk);
	if (other && other->released && !other->closed)
		tell_closed(sk, end);
}

#endif
