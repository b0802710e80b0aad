/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a connection, for --events: from connect() or accept(), where its owner is the
 * current task, to its end, which mostly comes in softirq. */
#ifndef IMAGESNOOP_TCPFLOW_LIVES_BPF_H
#define IMAGESNOOP_TCPFLOW_LIVES_BPF_H

#include <asm-generic/errno.h>
#include "calls.bpf.h"

#define MAX_OPEN_FLOWS 65536 /* at one time, with --events */

#define SOCK_DONE 1 /* include/net/sock.h, enum sock_flags: a FIN has come */

/* struct sock -> its connection. Put in at connect(), accept() and by the iterator, taken out when
 * the socket is closed, at the latest when it dies. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct open_flow);
} open_flows SEC(".maps");

/* Since c5dbb89fc2ac ("bpf: Expose bpf_get_socket_cookie to tracing programs", 5.12); an enum value
 * that came with the same version tells. */
enum bpf_func_id___5_12 {
	BPF_FUNC_check_mtu___5_12 = 163,
};

static __always_inline bool has_cookies(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id___5_12, BPF_FUNC_check_mtu___5_12);
}

/* The cookie that the socket has been given (cookies are made where the kernel trusts the pointer,
 * see give_cookie()), or else a number that no other socket of this run has. */
static __always_inline __u64 flow_id(struct sock *sk)
{
	__u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);

	return cookie ? cookie : bpf_ktime_get_ns() << 10 | (bpf_get_smp_processor_id() & 1023);
}

/* `sk` is an argument of the hook, as the verifier knows. */
static __always_inline void give_cookie(struct sock *sk)
{
	if (has_cookies())
		bpf_get_socket_cookie(sk);
}

static __always_inline __u16 local_port(struct sock *sk)
{
	__u16 port = sock_port(sk);

	return port ? port : sock_last_port(sk);
}

static __always_inline void fill_ends(struct flow_event *event, struct sock *sk,
				      const struct endpoints *ends)
{
	event->call = event->header.type;
	event->header.netns = sock_netns(sk);
	event->flow = flow_id(sk);
	__builtin_memcpy(event->local, &ends->local, sizeof(event->local));
	__builtin_memcpy(event->remote, &ends->remote, sizeof(event->remote));
	event->dport = ends->remote_port;
	event->family = ends->family;
}

static __always_inline void emit_event(const struct flow_event *event)
{
	struct flow_event *record = emit_reserve(sizeof(*record));

	if (!record)
		return;
	__builtin_memcpy(record, event, sizeof(*record));
	bpf_ringbuf_submit(record, 0);
}

static __always_inline void remember(struct sock *sk, const struct open_flow *flow)
{
	__u64 key = (__u64)sk;

	if (bpf_map_update_elem(&open_flows, &key, flow, BPF_ANY))
		count_lost(LOST_MAP_FULL);
}

static __always_inline __u8 first_to_close(__u8 state)
{
	return state == TCP_CLOSE_WAIT_STATE || state == TCP_LAST_ACK_STATE ? SIDE_REMOTE
	       : state == TCP_FIN_WAIT1_STATE || state == TCP_FIN_WAIT2_STATE ||
		       state == TCP_CLOSING_STATE
		   ? SIDE_LOCAL
		   : SIDE_UNKNOWN;
}

/* In connect(), at SYN_SENT. */
static __always_inline void begin_connect(struct sock *sk, const struct endpoints *ends)
{
	struct open_flow flow = {.pending = 1};

	fill_header(&flow.event.header, EVENT_CONNECT, bpf_ktime_get_ns());
	fill_ends(&flow.event, sk, ends);
	flow.event.sport = sock_port(sk);
	remember(sk, &flow);
}

/* The attempt has its outcome, in any context. */
static __always_inline void end_connect(struct sock *sk, struct open_flow *flow, bool established)
{
	struct flow_event *event = &flow->event;
	struct endpoints ends = {};

	flow->pending = 0;
	sock_endpoints(sk, &ends);
	__builtin_memcpy(event->local, &ends.local, sizeof(event->local));
	event->sport = local_port(sk);
	if (established) {
		flow->since_ns = bpf_ktime_get_ns();
	} else {
		event->failed = 1;
		event->error = BPF_CORE_READ(sk, sk_err);
		if (!event->error)
			event->error = sock_queued_error(sk);
	}
	emit_event(event);
}

/* How did it end? At the change to TCP_CLOSE, from `old_state`. */
static __always_inline void tell_end(struct flow_event *event, __u8 old_state, bool reset)
{
	bool handshake_done = old_state == TCP_FIN_WAIT2_STATE || old_state == TCP_CLOSING_STATE ||
			      old_state == TCP_LAST_ACK_STATE;
	bool silent = event->error == ETIMEDOUT || event->error == EHOSTUNREACH ||
		      event->error == ENETUNREACH;

	if (silent && !reset) {
		event->end = END_TIMEOUT;
		return;
	}
	event->end = handshake_done && !reset && !event->error ? END_FIN : END_RESET;
	/* A reset that comes after the own close() may be the answer to data that came after it,
	 * which the own kernel sends, and which looks like a received one here. */
	if (event->end == END_RESET)
		event->side = reset && event->side != SIDE_LOCAL ? SIDE_REMOTE : SIDE_LOCAL;
}

static __always_inline bool has_sent_fin(struct tcp_sock *tcp, __u8 state)
{
	return (state == TCP_FIN_WAIT1_STATE || state == TCP_FIN_WAIT2_STATE ||
		state == TCP_CLOSING_STATE || state == TCP_LAST_ACK_STATE) &&
	       BPF_CORE_READ(tcp, snd_nxt) == BPF_CORE_READ(tcp, write_seq);
}

/* From sequence numbers: tcp_sock's bytes_sent also counts what the own machine failed to send. */
static __always_inline __u64 payload_sent(struct tcp_sock *tcp, bool sent_syn, __u8 state)
{
	__u32 unanswered = BPF_CORE_READ(tcp, snd_nxt) - BPF_CORE_READ(tcp, snd_una);
	__u64 total = BPF_CORE_READ(tcp, bytes_acked) + unanswered;
	__u32 flags = sent_syn + has_sent_fin(tcp, state);

	return total > flags ? total - flags : 0;
}

static __always_inline __u64 payload_received(struct tcp_sock *tcp)
{
	__u64 total = BPF_CORE_READ(tcp, bytes_received);
	struct sock *sk = (struct sock *)tcp;
	bool fin_received = BPF_CORE_READ(sk, __sk_common.skc_flags) >> SOCK_DONE & 1;

	return total && fin_received ? total - 1 : total;
}

static __always_inline void end_flow(struct sock *sk, struct open_flow *flow, __u8 old_state)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	struct flow_event *event = &flow->event;
	__u64 now = bpf_ktime_get_ns();

	event->header.type = EVENT_CLOSE;
	event->header.ts_ns = now;
	event->duration_ns = flow->since_ns ? now - flow->since_ns : 0;
	event->tx_bytes = payload_sent(tcp, event->call == EVENT_CONNECT, old_state);
	event->rx_bytes = payload_received(tcp);
	event->retransmits = BPF_CORE_READ(tcp, total_retrans);
	event->error = BPF_CORE_READ(sk, sk_err);
	if (!event->side)
		event->side = first_to_close(old_state);
	tell_end(event, old_state, flow->reset);
	emit_event(event);
}

static __always_inline void handle_change(struct sock *sk, __u8 old_state, __u8 new_state)
{
	__u64 key = (__u64)sk;
	struct open_flow *flow;

	if (new_state == TCP_ESTABLISHED_STATE)
		give_cookie(sk);
	flow = bpf_map_lookup_elem(&open_flows, &key);
	if (!flow)
		return;
	if (flow->pending) {
		if (new_state == TCP_ESTABLISHED_STATE)
			end_connect(sk, flow, true);
		else if (new_state == TCP_CLOSE_STATE)
			end_connect(sk, flow, false);
	} else if (new_state == TCP_CLOSE_STATE) {
		end_flow(sk, flow, old_state);
	} else if (!flow->event.side) {
		flow->event.side = first_to_close(new_state);
	}
	if (new_state == TCP_CLOSE_STATE)
		bpf_map_delete_elem(&open_flows, &key);
}

static __always_inline void handle_reset(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct open_flow *flow = bpf_map_lookup_elem(&open_flows, &key);

	if (flow)
		flow->reset = 1;
}

/* Only a connection that was reset before it was accepted gets here with its flow. */
static __always_inline void handle_death(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct open_flow *flow = bpf_map_lookup_elem(&open_flows, &key);

	if (!flow)
		return;
	flow->reset = 1;
	if (!flow->pending)
		end_flow(sk, flow, TCP_CLOSE_STATE);
	bpf_map_delete_elem(&open_flows, &key);
}

/* In accept(), about to return this connection. */
static __always_inline void begin_accepted(struct sock *sk, const struct endpoints *ends,
					   __u16 port)
{
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	struct open_flow flow = {};
	__u64 now = bpf_ktime_get_ns();

	fill_header(&flow.event.header, EVENT_ACCEPT, now);
	fill_ends(&flow.event, sk, ends);
	flow.event.sport = port;
	emit_event(&flow.event);
	flow.since_ns = now;
	flow.event.side = first_to_close(state);
	flow.reset = state == TCP_CLOSE_STATE;
	remember(sk, &flow);
}

#endif
