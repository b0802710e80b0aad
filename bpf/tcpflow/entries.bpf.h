/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect() and accept() as they are met: filters, then the table or the life of a connection. */
#ifndef IMAGESNOOP_TCPFLOW_ENTRIES_BPF_H
#define IMAGESNOOP_TCPFLOW_ENTRIES_BPF_H

#include "lives.bpf.h"
#include "uring_result.bpf.h"

#define IORING_OP_ACCEPT 13 /* include/uapi/linux/io_uring.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* What accept() takes since 92ef0fd55ac8 ("net: change proto and proto_ops accept type", 6.10); it
 * moved the return value of inet_csk_accept() from the place of a fifth to that of a third
 * argument.
 */
struct proto_accept_arg {
	int flags;
};

struct io_accept___slot {
	__u32 file_slot; /* not 0: no descriptor is made */
};

#pragma clang attribute pop

/* Always in process context. MPTCP's first subflow stands for the application's socket. */
static __always_inline void handle_connect(struct sock *sk)
{
	struct endpoints ends = {};
	struct sock *owner;

	if (!current_is_wanted())
		return;
	owner = mptcp_owner(sk);
	if (owner && tcp_carrier(owner) != sk)
		return;
	sock_endpoints(sk, &ends);
	if (!call_is_wanted(&ends, ends.remote_port))
		return;
	if (!cfg_events) {
		count_call(&ends, ends.remote_port, EVENT_CONNECT);
		return;
	}
	give_cookie(sk);
	begin_connect(sk, &ends);
}

static __always_inline void handle_state(struct sock *sk, int old_state, int new_state)
{
	if (!cfg_events && new_state != TCP_SYN_SENT_STATE)
		return;
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return;
	if (new_state == TCP_SYN_SENT_STATE)
		handle_connect(sk);
	else
		handle_change(sk, old_state, new_state);
}

/* A socket that accept() returns, itself TCP or MPTCP; NULL if it failed. */
static __always_inline void handle_accept(struct sock *accepted)
{
	struct endpoints ends = {};
	struct sock *sk;
	__u16 port;

	if (!accepted || !current_is_wanted())
		return;
	sk = tcp_carrier(accepted);
	if (!sk)
		return;
	sock_endpoints(sk, &ends);
	port = local_port(sk);
	if (!call_is_wanted(&ends, port))
		return;
	if (cfg_events)
		begin_accepted(sk, &ends, port);
	else
		count_call(&ends, port, EVENT_ACCEPT);
}

/* A descriptor that a system call has made. */
static __always_inline void handle_accepted_fd(__s64 fd)
{
	struct socket *socket;
	struct file *file;

	if (fd < 0)
		return;
	file = current_file(fd);
	socket = file ? file_socket(file) : NULL;
	if (socket)
		handle_accept(BPF_CORE_READ(socket, sk));
}

static __always_inline void handle_completion(struct io_kiocb___result *request)
{
	struct io_accept___slot *accept = (void *)request;

	if (!request || !uring_tells_result() || BPF_CORE_READ(request, opcode) != IORING_OP_ACCEPT)
		return;
	if (bpf_core_field_exists(accept->file_slot) && BPF_CORE_READ(accept, file_slot))
		return;
	handle_accepted_fd(BPF_CORE_READ(request, cqe.res));
}

#endif
