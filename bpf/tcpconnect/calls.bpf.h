/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that may be attempts, from entry to return. They bring what the socket does not know: what
 * the application was told, and the attempts that end before the socket changes its state. */
#ifndef IMAGESNOOP_TCPCONNECT_CALLS_BPF_H
#define IMAGESNOOP_TCPCONNECT_CALLS_BPF_H

#include "rows.bpf.h"
#include "uring.bpf.h"

const volatile bool cfg_returns = true; /* are calls watched at all? (--no-sync-errors) */

#define ERESTARTSYS	      512 /* include/linux/errno.h: the five codes that ask for a restart */
#define ERESTART_RESTARTBLOCK 516

#define SIG_DFL	   0
#define SIG_IGN	   1
#define SA_RESTART 0x10000000
/* Signals whose default is not to kill (signal(7)): CHLD CONT STOP TSTP TTIN TTOU URG WINCH, with
 * the numbers of x86 and arm64. */
#define HARMLESS_SIGNALS                                                                           \
	(1u << 17 | 1u << 18 | 1u << 19 | 1u << 20 | 1u << 21 | 1u << 22 | 1u << 23 | 1u << 28)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sigaction {
	void *sa_handler;
	unsigned long sa_flags;
};

struct k_sigaction {
	struct sigaction sa;
};

#pragma clang attribute pop

enum call_kind {
	CALL_DIRECT = 0,
	CALL_URING = 1,	 /* made by io_uring: its completion tells the result */
	CALL_DENIED = 2, /* told already: refused by a security module */
	CALL_CHECK = 3,	 /* not made yet: a security module is asked */
	CALL_SEND = 4,	 /* a send with MSG_FASTOPEN, where it is not a tracepoint that sees it */
};

struct call {
	__u64 begun_ns;
	__u64 sk;      /* the socket that was given */
	__u64 attempt; /* key of the attempt that this call began or waits for; 0: none */
	__u64 address;
	__u32 length;
	__u8 kind;
	__u8 in_user_memory; /* where `address` points to */
	__u8 fresh;	     /* the socket was free to begin an attempt */
	__u8 nested;	     /* calls within it: of MPTCP to its subflow, up to Linux 6.2 */
};

/* Thread -> its call of connect(). Put in at entry, taken out at return. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ATTEMPTS);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

/* Thread -> key of the attempt whose call a signal interrupted. Put in at the return, taken out
 * when the signal decides: the call is restarted, or fails with EINTR, or never returns. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ATTEMPTS);
	__type(key, __u32);
	__type(value, __u64);
} interrupted SEC(".maps");

static __always_inline bool is_fresh(struct socket *socket, struct sock *sk)
{
	return BPF_CORE_READ(socket, state) == SS_UNCONNECTED &&
	       BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE_STATE;
}

/* The current thread, which is wanted, begins a call that may be an attempt. */
static __always_inline void handle_call(struct socket *socket, const void *address, __u32 length,
					bool in_user_memory, __u8 kind)
{
	struct sock *sk = BPF_CORE_READ(socket, sk), *carrier, *owner;
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct call call = {}, *outer = bpf_map_lookup_elem(&calls, &tid);
	struct attempt *attempt;

	/* A connection of the kernel's own has an outcome, but nobody who called. */
	if (!sk || !is_tcp_or_mptcp(sk) || current_is_kernel())
		return;
	owner = mptcp_owner(sk);
	if (outer && owner && outer->sk == (__u64)owner) {
		outer->nested++;
		return;
	}
	if (owner && tcp_carrier(owner) != sk)
		return;
	call.begun_ns = bpf_ktime_get_ns();
	call.sk = (__u64)sk;
	call.address = (__u64)address;
	call.length = length;
	call.kind = kind;
	call.in_user_memory = in_user_memory;
	call.fresh = is_fresh(socket, sk);
	if (!call.fresh) {
		/* After a signal: the same call again, made by the kernel. */
		carrier = tcp_carrier(sk);
		call.attempt = (__u64)carrier;
		attempt = bpf_map_lookup_elem(&attempts, &call.attempt);
		if (!attempt || !is_awaited(attempt, AWAITS_RETURN) ||
		    attempt->event.header.tid != tid)
			return;
		bpf_map_delete_elem(&interrupted, &tid);
	}
	if (bpf_map_update_elem(&calls, &tid, &call, BPF_ANY))
		count_lost(LOST_MAP_FULL);
}

static __always_inline void emit_failed_call(const struct call *call, __s32 ret)
{
	struct inet_sockaddr given = {};
	const void *address = (const void *)call->address;

	if (call->length < SOCKADDR_IN_SIZE)
		return;
	if (call->in_user_memory)
		READ_SOCKADDR(bpf_probe_read_user, &given, address, call->length);
	else
		READ_SOCKADDR(bpf_probe_read_kernel, &given, address, call->length);
	emit_refused_call((struct sock *)call->sk, &given, call->length, call->begun_ns, ret);
}

static __always_inline void handle_return(__s32 ret)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct call *found = bpf_map_lookup_elem(&calls, &tid), call;
	struct attempt *attempt;

	if (!found)
		return;
	if (found->kind > CALL_URING)
		return;
	if (found->nested) {
		found->nested--;
		return;
	}
	call = *found;
	bpf_map_delete_elem(&calls, &tid);
	if (call.kind == CALL_URING && uring_tells_result())
		return;
	if (!call.attempt) {
		if (ret < 0 && call.fresh && ret != -EISCONN && ret != -EALREADY &&
		    ret != -EINPROGRESS)
			emit_failed_call(&call, ret);
		return;
	}
	attempt = bpf_map_lookup_elem(&attempts, &call.attempt);
	if (!attempt || !is_awaited(attempt, AWAITS_RETURN))
		return;
	if (ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK)
		bpf_map_update_elem(&interrupted, &tid, &call.attempt, BPF_ANY);
	else
		settle_return(call.attempt, attempt, ret);
}

/* A security module refused the call before TCP heard of it. */
static __always_inline void handle_denied(struct socket *socket, const void *address, __u32 length,
					  __s32 ret)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct call call = {.kind = CALL_DENIED};

	call.sk = (__u64)BPF_CORE_READ(socket, sk);
	if (!ret || !call.sk || !is_tcp_or_mptcp((struct sock *)call.sk) ||
	    !is_fresh(socket, (struct sock *)call.sk))
		return;
	call.begun_ns = bpf_ktime_get_ns();
	call.address = (__u64)address;
	call.length = length;
	emit_failed_call(&call, ret);
	if (current_uses_uring())
		bpf_map_update_elem(&calls, &tid, &call, BPF_ANY);
}

/* The same for kprobes, which have no arguments at the return. */
static __always_inline void handle_check(struct socket *socket, const void *address, __u32 length)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct call call = {.kind = CALL_CHECK};

	call.sk = (__u64)BPF_CORE_READ(socket, sk);
	if (!call.sk || !is_tcp_or_mptcp((struct sock *)call.sk) ||
	    !is_fresh(socket, (struct sock *)call.sk))
		return;
	call.begun_ns = bpf_ktime_get_ns();
	call.address = (__u64)address;
	call.length = length;
	bpf_map_update_elem(&calls, &tid, &call, BPF_ANY);
}

static __always_inline void handle_check_result(__s32 ret)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct call *found = bpf_map_lookup_elem(&calls, &tid), call;

	if (!found || found->kind != CALL_CHECK)
		return;
	call = *found;
	if (ret)
		emit_failed_call(&call, ret);
	if (ret && current_uses_uring())
		found->kind = CALL_DENIED;
	else
		bpf_map_delete_elem(&calls, &tid);
}

/* What becomes of an interrupted call is decided when a signal is delivered to its thread. */
static __always_inline void handle_signal(int signal, struct k_sigaction *action)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 *found = bpf_map_lookup_elem(&interrupted, &tid), key, handler;
	struct attempt *attempt;

	if (!found)
		return;
	key = *found;
	handler = (__u64)BPF_CORE_READ(action, sa.sa_handler);
	if (handler == SIG_IGN)
		return;
	if (handler == SIG_DFL && (__u32)signal < 32 && HARMLESS_SIGNALS >> signal & 1)
		return;
	bpf_map_delete_elem(&interrupted, &tid);
	if (handler != SIG_DFL && BPF_CORE_READ(action, sa.sa_flags) & SA_RESTART)
		return;
	attempt = bpf_map_lookup_elem(&attempts, &key);
	if (!attempt || !is_awaited(attempt, AWAITS_RETURN))
		return;
	if (handler != SIG_DFL)
		settle_return(key, attempt, -EINTR);
	else
		settle(key, attempt); /* killed: it returns to nobody */
}

/* Was this refusal told by handle_denied() already? */
static __always_inline bool take_denied(__u32 tid, struct sock *sk)
{
	struct call *call = bpf_map_lookup_elem(&calls, &tid);

	if (!call || call->kind != CALL_DENIED || call->sk != (__u64)sk)
		return false;
	bpf_map_delete_elem(&calls, &tid);
	return true;
}

/* The request is done: `res` is what the application reads from its completion queue. */
static __always_inline void handle_completion(struct io_kiocb___result *request)
{
	__s32 res = BPF_CORE_READ(request, cqe.res);
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct inet_sockaddr given = {};
	struct attempt *attempt;
	struct socket *socket;
	struct sock *sk;
	__u32 length;
	__u64 key;

	socket = file_socket(BPF_CORE_READ(request, file));
	sk = socket ? BPF_CORE_READ(socket, sk) : NULL;
	if (!sk || !is_tcp_or_mptcp(sk))
		return;
	key = (__u64)tcp_carrier(sk);
	attempt = bpf_map_lookup_elem(&attempts, &key);
	if (attempt) {
		if (is_awaited(attempt, AWAITS_COMPLETION))
			settle_return(key, attempt, res);
		return;
	}
	if (res >= 0 || res == -EISCONN || res == -EALREADY || res == -ECANCELED ||
	    !is_fresh(socket, sk) || take_denied(tid, sk))
		return;
	length = read_uring_address(request, &given);
	emit_refused_call(sk, &given, length, bpf_ktime_get_ns(), res);
}

#endif
