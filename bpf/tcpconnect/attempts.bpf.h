/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An attempt from the socket's side: its beginning, its local port, its outcome, its death. */
#ifndef IMAGESNOOP_TCPCONNECT_ATTEMPTS_BPF_H
#define IMAGESNOOP_TCPCONNECT_ATTEMPTS_BPF_H

#include "sends.bpf.h"

static __always_inline bool file_is_nonblocking(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_socket, file, f_flags) & O_NONBLOCK;
}

/* Which hook will see the result of the call that the current thread is in? */
static __always_inline void choose_awaits(struct attempt *attempt, struct sock *sk, __u64 key)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct sock *owner = mptcp_owner(sk);
	struct call *call;

	attempt->nonblocking = file_is_nonblocking(owner ? owner : sk);
	if (current_is_kernel())
		return;
	if (is_send_that_connects(sk)) {
		if (await_send(tid, key))
			attempt->awaits = AWAITS_SEND;
		return;
	}
	call = cfg_returns ? bpf_map_lookup_elem(&calls, &tid) : NULL;
	if (call && call->kind > CALL_URING)
		call = NULL;
	if (call && call->kind == CALL_DIRECT) {
		call->attempt = key;
		attempt->awaits = AWAITS_RETURN;
		return;
	}
	if (call)
		call->attempt = key;
	if (cfg_returns && (call || current_uses_uring()) && uring_tells_result())
		attempt->awaits = AWAITS_COMPLETION;
	else
		attempt->derives_ret = 1;
}

/* CLOSE -> SYN_SENT, always in process context. */
static __always_inline void handle_attempt(struct sock *sk)
{
	struct attempt attempt = {}, *older;
	struct sock *owner;
	struct endpoints ends = {};
	__u64 key = (__u64)sk;

	if (!current_is_wanted())
		return;
	owner = mptcp_owner(sk);
	if (owner && tcp_carrier(owner) != sk)
		return;
	sock_endpoints(sk, &ends);
	if (!destination_is_wanted(&ends))
		return;
	older = bpf_map_lookup_elem(&attempts, &key);
	if (older)
		finish(key, older);
	bpf_map_delete_elem(&half_known, &key);
	fill_header(&attempt.event.header, EVENT_CONNECT, bpf_ktime_get_ns());
	attempt.event.header.netns = sock_netns(sk);
	fill_endpoints(&attempt.event, &ends);
	attempt.event.lport = sock_port(sk);
	attempt.stale_port = sock_last_port(sk);
	attempt.had_errors = sock_queued_error(sk) != 0;
	choose_awaits(&attempt, sk, key);
	if (attempt.event.lport)
		announce(&attempt);
	if (bpf_map_update_elem(&attempts, &key, &attempt, BPF_ANY))
		count_lost(LOST_MAP_FULL);
}

/* The socket kept trying, but the application had been told of an error. */
static __always_inline void take_reported(struct attempt *attempt, struct sock *sk)
{
	if (attempt->reported) {
		attempt->event.error = attempt->reported;
		attempt->event.latency_ns = attempt->reported_latency_ns;
	} else if (!attempt->had_errors) {
		attempt->event.error = sock_queued_error(sk);
	}
}

/* The socket has left SYN_SENT for good, in any context. */
static __always_inline void handle_outcome(struct sock *sk, bool established)
{
	__u64 key = (__u64)sk;
	struct attempt *attempt = bpf_map_lookup_elem(&attempts, &key);
	struct connect_event *event;
	struct endpoints ends = {};
	__u16 port;

	if (!attempt || attempt->event.outcome != OUTCOME_PENDING)
		return;
	event = &attempt->event;
	event->latency_ns = bpf_ktime_get_ns() - event->header.ts_ns;
	sock_endpoints(sk, &ends);
	__builtin_memcpy(event->saddr, &ends.local, sizeof(event->saddr));
	port = sock_port(sk);
	event->lport = port ? port : sock_last_port(sk);
	if (!established) {
		event->error = BPF_CORE_READ(sk, sk_err);
		if (!event->error && event->has_ret)
			take_reported(attempt, sk);
	}
	event->outcome = established	? OUTCOME_ESTABLISHED
			 : event->error ? OUTCOME_FAILED
					: OUTCOME_ABORTED;
	if (attempt->awaits == AWAITS_NOTHING)
		finish(key, attempt);
	else
		settle(key, attempt);
}

static __always_inline void handle_state(struct sock *sk, int old_state, int new_state)
{
	if (new_state != TCP_SYN_SENT_STATE && new_state != TCP_ESTABLISHED_STATE &&
	    new_state != TCP_CLOSE_STATE)
		return;
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return;
	if (new_state == TCP_SYN_SENT_STATE)
		handle_attempt(sk);
	else if (old_state == TCP_SYN_SENT_STATE || old_state == TCP_SYN_RECV_STATE)
		handle_outcome(sk, new_state == TCP_ESTABLISHED_STATE);
}

/* The application is told of an error, by poll() and SO_ERROR, while the socket is still in
 * SYN_SENT:
 * - up to Linux 6.10 that is so for each ICMP message, and whoever is quick has taken the error out
 * of the socket when its state changes;
 * - one that finds the socket in use is put in its error queue only, and the socket goes on:
 * closing it then is not giving up. */
static __always_inline void handle_error_report(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct attempt *attempt;
	__u32 error;

	if (BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_SYN_SENT_STATE)
		return;
	attempt = bpf_map_lookup_elem(&attempts, &key);
	if (!attempt)
		return;
	error = BPF_CORE_READ(sk, sk_err);
	attempt->reported = error ? error : sock_queued_error(sk);
	attempt->reported_latency_ns = bpf_ktime_get_ns() - attempt->event.header.ts_ns;
}

/* Nothing more will become known. */
static __always_inline void handle_death(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct attempt *attempt = bpf_map_lookup_elem(&attempts, &key);

	if (!attempt)
		return;
	if (attempt->event.outcome == OUTCOME_PENDING)
		attempt->event.outcome = OUTCOME_ABORTED;
	finish(key, attempt);
}

/* On the way to the first packet, or to another one: the local port is there. */
static __always_inline void handle_port(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct attempt *attempt;

	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_SYN_SENT_STATE ||
	    BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return;
	attempt = bpf_map_lookup_elem(&attempts, &key);
	if (!attempt || attempt->event.lport)
		return;
	attempt->event.lport = sock_port(sk);
	announce(attempt);
}

/* Is it io_uring that makes this call of __inet_stream_connect()? */
static __always_inline __u8 kind_of_call(struct socket *socket, int flags)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct sock *sk = BPF_CORE_READ(socket, sk), *owner = mptcp_owner(sk);

	if (BPF_CORE_READ(task, flags) & PF_IO_WORKER)
		return CALL_URING;
	if (flags & O_NONBLOCK && !file_is_nonblocking(owner ? owner : sk))
		return CALL_URING; /* its first try must not sleep */
	return CALL_DIRECT;
}

#endif
