// SPDX-License-Identifier: GPL-2.0-or-later
/* Every attempt to connect by TCP, once, with its outcome and what the application was told.
 *
 * An attempt is known from three sides, each with its own hooks:
 * - the socket's states. CLOSE -> SYN_SENT, in the thread that connects, is the attempt and its
 *   owner; SYN_SENT -> ESTABLISHED or CLOSE, often in softirq, is the outcome. One tracepoint on
 *   every kernel, paid for by connections alone.
 * - the call's return. Only there are the errors of a call that ends before SYN_SENT (no route, no
 *   permission), and what a call without waiting returned. fexit (Linux 5.5) and kprobes see
 *   connecting calls only; where neither works, the tracepoints of the system call cost every
 *   system call of the machine 15 to 36 ns, and --no-sync-errors does without.
 * - sends with MSG_FASTOPEN and io_uring, which connect without connect().
 * The row goes out when outcome and return are both known (half_known), or when the socket dies.
 *
 * MPTCP: the first subflow stands for the application's socket; others are no attempts.
 * Not seen: the result of an io_uring request with IOSQE_CQE_SKIP_SUCCESS (ret stays null), calls
 * that fail before an address is read (EBADF, EFAULT), SCTP, DCCP. A 32-bit program is seen, but
 * where only the system call's tracepoints work, its ret is derived and its early errors are not
 * there: the kernel keeps such calls from tracepoints.
 *
 * Beginnings: bcc's tcpconnect by Brendan Gregg, and imagesnoop's by Knob and Franzil. */
#include "kernel.bpf.h"
#include <bpf/bpf_tracing.h>
#include "tcpconnect/attempts.bpf.h"
#include "tcpconnect/dns.bpf.h"

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state_tpbtf, struct sock *sk, int old_state, int new_state)
{
	handle_state(sk, old_state, new_state);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy_sock_tpbtf, struct sock *sk)
{
	handle_death(sk);
	return 0;
}

/* Before anybody is woken; the tracepoint comes after. */
SEC("fentry/sock_def_error_report")
int BPF_PROG(sock_def_error_report_fentry, struct sock *sk)
{
	handle_error_report(sk);
	return 0;
}

SEC("kprobe/sock_def_error_report")
int BPF_KPROBE(sock_def_error_report_kprobe, struct sock *sk)
{
	handle_error_report(sk);
	return 0;
}

SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(inet_sk_error_report_tpbtf, struct sock *sk)
{
	handle_error_report(sk);
	return 0;
}

/* For an attempt that is still pending when the tool ends. */
SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb_tpbtf, struct sock *sk)
{
	handle_port(sk);
	return 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver_tpbtf, int signal, void *info, struct k_sigaction *action)
{
	handle_signal(signal, action);
	return 0;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_tpbtf, void *ring, struct io_kiocb___result *request)
{
	if (uring_tells_result() && BPF_CORE_READ(request, opcode) == IORING_OP_CONNECT)
		handle_completion(request);
	return 0;
}

/* __inet_stream_connect() serves connect() of TCP and MPTCP, io_uring, and sends with MSG_FASTOPEN,
 * which are not for here. */

SEC("fentry/__inet_stream_connect")
int BPF_PROG(stream_connect_fentry, struct socket *socket, void *address, int length, int flags,
	     int is_sendmsg)
{
	if (!is_sendmsg && current_is_wanted())
		handle_call(socket, address, length, false, kind_of_call(socket, flags));
	return 0;
}

SEC("fexit/__inet_stream_connect")
int BPF_PROG(stream_connect_fexit, struct socket *socket, void *address, int length, int flags,
	     int is_sendmsg, int ret)
{
	if (!is_sendmsg)
		handle_return(ret);
	return 0;
}

SEC("fexit/security_socket_connect")
int BPF_PROG(security_socket_connect_fexit, struct socket *socket, void *address, int length,
	     int ret)
{
	handle_denied(socket, address, length, ret);
	return 0;
}

SEC("kprobe/__inet_stream_connect")
int BPF_KPROBE(stream_connect_kprobe, struct socket *socket, void *address, int length, int flags,
	       int is_sendmsg)
{
	if (!is_sendmsg && current_is_wanted())
		handle_call(socket, address, length, false, kind_of_call(socket, flags));
	return 0;
}

/* After a send with MSG_FASTOPEN there is no call to be found, or not one of this kind. */
SEC("kretprobe/__inet_stream_connect")
int BPF_KRETPROBE(stream_connect_kretprobe, int ret)
{
	handle_return(ret);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_connect")
int sys_enter_connect_tp(struct trace_event_raw_sys_enter *ctx)
{
	struct socket *socket;
	struct file *file;

	if (!current_is_wanted())
		return 0;
	file = current_file(ctx->args[0]);
	socket = file ? file_socket(file) : NULL;
	if (socket)
		handle_call(socket, (const void *)ctx->args[1], ctx->args[2], true, CALL_DIRECT);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_connect")
int sys_exit_connect_tp(struct trace_event_raw_sys_exit *ctx)
{
	handle_return(ctx->ret);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length_tpbtf, struct sock *sk, int ret, int flags)
{
	handle_send(sk, ret);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_sendto")
int sys_exit_sendto_tp(struct trace_event_raw_sys_exit *ctx)
{
	if (sends_under_way)
		settle_send(ctx->ret);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_sendmsg")
int sys_exit_sendmsg_tp(struct trace_event_raw_sys_exit *ctx)
{
	if (sends_under_way)
		settle_send(ctx->ret);
	return 0;
}

SEC("fexit/tcp_sendmsg")
int BPF_PROG(tcp_sendmsg_fexit, struct sock *sk, struct msghdr *message, __u64 size, int ret)
{
	handle_tcp_sendmsg(sk, message, ret);
	return 0;
}

SEC("kprobe/tcp_sendmsg")
int BPF_KPROBE(tcp_sendmsg_kprobe, struct sock *sk, struct msghdr *message)
{
	handle_tcp_sendmsg_call(sk, message);
	return 0;
}

SEC("kretprobe/tcp_sendmsg")
int BPF_KRETPROBE(tcp_sendmsg_kretprobe, int ret)
{
	handle_tcp_sendmsg_return(ret);
	return 0;
}

SEC("kprobe/security_socket_connect")
int BPF_KPROBE(security_socket_connect_kprobe, struct socket *socket, void *address, int length)
{
	handle_check(socket, address, length);
	return 0;
}

SEC("kretprobe/security_socket_connect")
int BPF_KRETPROBE(security_socket_connect_kretprobe, int ret)
{
	handle_check_result(ret);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length_dns_tpbtf, struct sock *sk, int ret, int flags)
{
	handle_question(sk, ret);
	return 0;
}

SEC("fexit/inet_sendmsg")
int BPF_PROG(inet_sendmsg_fexit, struct socket *socket, struct msghdr *message)
{
	handle_question_message(BPF_CORE_READ(socket, sk), message);
	return 0;
}

SEC("fexit/inet6_sendmsg")
int BPF_PROG(inet6_sendmsg_fexit, struct socket *socket, struct msghdr *message)
{
	handle_question_message(BPF_CORE_READ(socket, sk), message);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length_tpbtf, struct sock *sk, int ret, int flags)
{
	handle_receive(sk, ret, flags);
	return 0;
}

SEC("fexit/inet_recvmsg")
int BPF_PROG(inet_recvmsg_fexit, struct socket *socket, void *message, __u64 size, int flags,
	     int ret)
{
	handle_receive(BPF_CORE_READ(socket, sk), ret, flags);
	return 0;
}

SEC("fexit/inet6_recvmsg")
int BPF_PROG(inet6_recvmsg_fexit, struct socket *socket, void *message, __u64 size, int flags,
	     int ret)
{
	handle_receive(BPF_CORE_READ(socket, sk), ret, flags);
	return 0;
}

SEC("fexit/tcp_v4_connect")
int BPF_PROG(tcp_v4_connect_fexit, struct sock *sk)
{
	handle_port(sk);
	return 0;
}

SEC("fexit/tcp_v6_connect")
int BPF_PROG(tcp_v6_connect_fexit, struct sock *sk)
{
	handle_port(sk);
	return 0;
}

/* A SYN on its way: late where the neighbour's address must be found first. */
SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue_tpbtf, struct sk_buff *packet)
{
	handle_port(BPF_CORE_READ(packet, sk));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
