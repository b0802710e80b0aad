/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that are open already when the tracer starts, from the descriptors of all processes:
 * so they are found in every network namespace, and with their owners. Those that nobody has
 * accepted yet are not here; they come with accept(). */
#ifndef IMAGESNOOP_TCPFLOW_PRESENT_BPF_H
#define IMAGESNOOP_TCPFLOW_PRESENT_BPF_H

#include "lives.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct seq_file {
	unsigned long count;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct file *file;
};

#pragma clang attribute pop

/* A socket made by accept() knows the interface of its SYN, as the one to use for multicast; nobody
 * can set that on a socket that connects (IP_MULTICAST_IF is refused to streams).
 * Source: tcp_v4_syn_recv_sock(), tcp_v6_syn_recv_sock(). */
static __always_inline bool was_accepted(struct sock *sk)
{
	struct inet_sock *inet = (struct inet_sock *)sk;
	struct ipv6_pinfo *ipv6;

	if (BPF_CORE_READ(inet, mc_index))
		return true;
	if (sock_family(sk) != AF_INET6)
		return false;
	ipv6 = BPF_CORE_READ(inet, pinet6);
	return BPF_CORE_READ(ipv6, mcast_oif) != 0;
}

/* Cookies are made for sockets that the verifier knows to be such. */
static __always_inline void give_file_cookie(struct file *file)
{
	struct socket *socket;

	if (!has_cookies())
		return;
	socket = bpf_sock_from_file(file);
	if (socket && socket->sk)
		bpf_get_socket_cookie(socket->sk);
}

static __always_inline bool is_connection(__u8 state)
{
	return state == TCP_ESTABLISHED_STATE || state == TCP_FIN_WAIT1_STATE ||
	       state == TCP_FIN_WAIT2_STATE || state == TCP_CLOSE_WAIT_STATE ||
	       state == TCP_SYN_SENT_STATE;
}

/* Also meets attempts under way: their row comes with the outcome. */
static __always_inline void handle_present(struct seq_file *seq, struct task_struct *task,
					   struct file *file, struct sock *sk)
{
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	struct flow_event *event;
	struct open_flow flow = {};
	struct endpoints ends = {};
	__u64 key = (__u64)sk;
	bool accepted;

	if (!is_connection(state) || bpf_map_lookup_elem(&open_flows, &key) ||
	    !task_passes(task, false))
		return;
	sock_endpoints(sk, &ends);
	accepted = was_accepted(sk);
	event = &flow.event;
	event->sport = local_port(sk);
	if (!call_is_wanted(&ends, accepted ? event->sport : ends.remote_port))
		return;
	give_file_cookie(file);
	fill_header_of(&event->header, task, accepted ? EVENT_ACCEPT : EVENT_CONNECT,
		       bpf_ktime_get_ns());
	fill_ends(event, sk, &ends);
	event->side = first_to_close(state);
	if (state == TCP_SYN_SENT_STATE) {
		flow.pending = 1;
	} else {
		event->preexisting = 1;
		/* No room: the kernel hands over what there is and comes here once more. */
		if (bpf_seq_write(seq, event, sizeof(*event)))
			return;
	}
	remember(sk, &flow);
}

#endif
