/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP Fast Open by MSG_FASTOPEN: a send that connects. (With TCP_FASTOPEN_CONNECT it is connect()
 * that is called, and the SYN goes out with the first send.) */
#ifndef IMAGESNOOP_TCPCONNECT_SENDS_BPF_H
#define IMAGESNOOP_TCPCONNECT_SENDS_BPF_H

#include <bpf/bpf_tracing.h>
#include "calls.bpf.h"

#define MSG_FASTOPEN 0x20000000 /* include/linux/socket.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct msghdr {
	void *msg_name;
	int msg_namelen;
	unsigned int msg_flags;
};

#pragma clang attribute pop

/* The head of the application's struct msghdr, in a 64-bit program. */
struct user_msghdr {
	__u64 name;
	__u64 name_length;
	__u64 iov;
};

/* Thread -> key of the attempt that its send began. Put in at SYN_SENT, taken out when the send
 * returns, which no other send of that thread can precede. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ATTEMPTS);
	__type(key, __u32);
	__type(value, __u64);
} sends SEC(".maps");

/* Entries of `sends`: while there is none, which is nearly always, a send costs a comparison. */
static __u64 sends_under_way;

/* At SYN_SENT: then the data waits in the socket already. */
static __always_inline bool is_send_that_connects(struct sock *sk)
{
	return BPF_CORE_READ((struct tcp_sock *)sk, fastopen_req);
}

static __always_inline bool await_send(__u32 tid, __u64 key)
{
	if (!cfg_returns || bpf_map_update_elem(&sends, &tid, &key, BPF_NOEXIST))
		return false;
	__sync_fetch_and_add(&sends_under_way, 1);
	return true;
}

/* True if this send has begun an attempt: its row has what it returned. */
static __always_inline bool settle_send(__s32 ret)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 *found = bpf_map_lookup_elem(&sends, &tid), key;
	struct attempt *attempt;

	if (!found)
		return false;
	key = *found;
	bpf_map_delete_elem(&sends, &tid);
	__sync_fetch_and_add(&sends_under_way, -1);
	attempt = bpf_map_lookup_elem(&attempts, &key);
	if (attempt && is_awaited(attempt, AWAITS_SEND))
		settle_return(key, attempt, ret <= -ERESTARTSYS ? -EINTR : ret);
	return true;
}

static __always_inline bool may_have_failed_early(struct sock *sk, __s32 ret)
{
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);

	return ret < 0 && ret != -EPIPE && socket && is_tcp_or_mptcp(sk) && is_fresh(socket, sk);
}

/* The tracepoint has no message, so flags and address are taken from the system call. */
static __always_inline void handle_send(struct sock *sk, __s32 ret)
{
	struct call call = {.in_user_memory = 1};
	struct user_msghdr message = {};
	struct syscall_registers registers;

	if ((ret >= 0 || ret == -EAGAIN) && !sends_under_way)
		return;
	if (settle_send(ret) || !may_have_failed_early(sk, ret) ||
	    !read_syscall_registers(&registers))
		return;
	if (registers.number == SYSCALL_SENDTO && registers.args[3] & MSG_FASTOPEN) {
		call.address = registers.args[4];
		call.length = registers.args[5];
	} else if (registers.number == SYSCALL_SENDMSG && registers.args[2] & MSG_FASTOPEN) {
		bpf_probe_read_user(&message, sizeof(message), (const void *)registers.args[1]);
		call.address = message.name;
		call.length = message.name_length;
	} else {
		return;
	}
	call.begun_ns = bpf_ktime_get_ns();
	call.sk = (__u64)sk;
	emit_failed_call(&call, ret);
}

/* kprobes have no arguments at the return: the call is remembered, if it is one of ours. */
static __always_inline void handle_tcp_sendmsg_call(struct sock *sk, struct msghdr *message)
{
	struct call call = {.kind = CALL_SEND};
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	if (!(BPF_CORE_READ(message, msg_flags) & MSG_FASTOPEN) || !socket)
		return;
	call.begun_ns = bpf_ktime_get_ns();
	call.address = (__u64)BPF_CORE_READ(message, msg_name);
	call.length = BPF_CORE_READ(message, msg_namelen);
	call.sk = (__u64)sk;
	call.fresh = is_fresh(socket, sk);
	if (bpf_map_update_elem(&calls, &tid, &call, BPF_ANY))
		count_lost(LOST_MAP_FULL);
}

static __always_inline void handle_tcp_sendmsg_return(__s32 ret)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct call *found = bpf_map_lookup_elem(&calls, &tid), call;

	if (!found || found->kind != CALL_SEND)
		return;
	call = *found;
	bpf_map_delete_elem(&calls, &tid);
	if (!settle_send(ret) && call.fresh && ret < 0 && ret != -EPIPE)
		emit_failed_call(&call, ret);
}

static __always_inline void handle_tcp_sendmsg(struct sock *sk, struct msghdr *message, __s32 ret)
{
	struct call call = {};

	if (!(BPF_CORE_READ(message, msg_flags) & MSG_FASTOPEN) || settle_send(ret) ||
	    !may_have_failed_early(sk, ret))
		return;
	call.begun_ns = bpf_ktime_get_ns();
	call.address = (__u64)BPF_CORE_READ(message, msg_name);
	call.length = BPF_CORE_READ(message, msg_namelen);
	call.sk = (__u64)sk;
	emit_failed_call(&call, ret);
}

#endif
