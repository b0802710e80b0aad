// SPDX-License-Identifier: GPL-2.0-or-later
/* Flows: which process connects where and accepts from where, how often, and how long it rests
 * between two calls; or each of these connections from its beginning to its end (--events).
 *
 * What counts as a call is what counted for the tool this one follows, which looked at
 * tcp_v4_connect(), tcp_v6_connect() and inet_csk_accept():
 * - connect(): the socket enters SYN_SENT, so route and source address are found and nobody
 *   forbade it. However it ends. One tracepoint on every kernel, paid for by connections alone.
 *   io_uring, Fast Open and MPTCP (its first subflow) come by there too.
 * - accept(): it returns a connection. fexit or a kprobe on what every accept() goes through, in
 * the thread that calls; where neither works, the system call's tracepoints, which cost every
 * system call of the machine 10 to 36 ns, and io_uring's.
 *
 * Not seen where only those tracepoints work: accepts of io_uring before Linux 5.19, of its
 * multishot requests and into its own table of files; accepts of 32-bit programs and of the kernel
 * itself.
 *
 * Beginnings: eBPF_TCPFlow by Salvatore Costantino; the events are those of bcc's tcptracer. */
#include "kernel.bpf.h"
#include <bpf/bpf_tracing.h>
#include "tcpflow/entries.bpf.h"
#include "tcpflow/present.bpf.h"

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state_tpbtf, struct sock *sk, int old_state, int new_state)
{
	handle_state(sk, old_state, new_state);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_receive_reset_tpbtf, struct sock *sk)
{
	handle_reset(sk);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy_sock_tpbtf, struct sock *sk)
{
	handle_death(sk);
	return 0;
}

SEC("fexit/inet_csk_accept")
int BPF_PROG(inet_csk_accept_fexit)
{
	if (bpf_core_type_exists(struct proto_accept_arg))
		handle_accept((struct sock *)ctx[2]);
	else
		handle_accept((struct sock *)ctx[4]);
	return 0;
}

/* Called in accept() with the new socket: at an entry, so it needs none of the return probes, of
 * which a kernel has few and each waiting accept() would hold one. */
SEC("kprobe/security_sock_graft")
int BPF_KPROBE(security_sock_graft_kprobe, struct sock *sk)
{
	handle_accept(sk);
	return 0;
}

SEC("kretprobe/inet_csk_accept")
int BPF_KRETPROBE(inet_csk_accept_kretprobe, struct sock *sk)
{
	handle_accept(sk);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept")
int sys_exit_accept_tp(struct trace_event_raw_sys_exit *ctx)
{
	handle_accepted_fd(ctx->ret);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int sys_exit_accept4_tp(struct trace_event_raw_sys_exit *ctx)
{
	handle_accepted_fd(ctx->ret);
	return 0;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_tpbtf, void *ring, struct io_kiocb___result *request)
{
	handle_completion(request);
	return 0;
}

SEC("iter/task_file")
int task_file_iter(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct sock *sk;

	if (!task || !file || (__u32)BPF_CORE_READ(task, tgid) == cfg_self_pid)
		return 0;
	socket = file_socket(file);
	sk = socket ? BPF_CORE_READ(socket, sk) : NULL;
	sk = sk ? tcp_carrier(sk) : NULL;
	if (sk)
		handle_present(ctx->meta->seq, task, file, sk);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
