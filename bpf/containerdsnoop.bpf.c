// SPDX-License-Identifier: GPL-2.0-or-later
/* Every byte that goes through connections to given unix sockets, once and in order, with who wrote
 * and who read it.
 *
 * Hooks, best first:
 *  - tracepoints sock_recv_length and sock_send_length (6.3): called with what each call on a
 * socket has returned, whichever call it was. Other sockets pay some 5 ns, other calls nothing.
 *  - fexit of unix_stream_recvmsg and unix_stream_sendmsg: the same, for this family alone. Before
 *    5.17, at most 256 slices or pieces of memory of one call are told.
 *  - kretprobes of these. A kernel has few of them, and every thread that waits in such a call
 *    holds one; what is not told then is missing in the count of bytes read.
 *
 * Not seen: the contents of what io_uring, 32-bit programs or splice(2) read (their length is), and
 * of what nobody reads. Threads that read from one socket at the same time may show in the other
 * order. */
#include "include/kernel.bpf.h"
#include <bpf/bpf_tracing.h>
#include "containerdsnoop/calls.bpf.h"
#include "containerdsnoop/holders.bpf.h"

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length_tpbtf, struct sock *sk, int ret, int flags)
{
	if (sk->__sk_common.skc_family == AF_UNIX)
		handle_receive(sk, ret, flags, SCRATCH_TRACEPOINT, true);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length_tpbtf, struct sock *sk, int ret, int flags)
{
	if (sk->__sk_common.skc_family == AF_UNIX)
		handle_send(sk, ret, true);
	return 0;
}

SEC("fexit/unix_stream_recvmsg")
int BPF_PROG(unix_stream_recvmsg_fexit, struct socket *socket, void *message, __u64 size, int flags,
	     int ret)
{
	struct sock *sk = socket->sk;

	if (sk && !is_self())
		handle_receive(sk, ret, flags, SCRATCH_FEXIT, true);
	return 0;
}

SEC("fexit/unix_stream_recvmsg")
int BPF_PROG(unix_stream_recvmsg_fexit_unrolled, struct socket *socket, void *message, __u64 size,
	     int flags, int ret)
{
	struct sock *sk = socket->sk;

	if (sk && !is_self())
		handle_receive(sk, ret, flags, SCRATCH_FEXIT, false);
	return 0;
}

/* Within unix_stream_recvmsg, for calls that were there before its hook. */
SEC("fexit/unix_stream_read_actor")
int BPF_PROG(unix_stream_read_actor_fexit, struct sk_buff *buffer, int skip, int bytes,
	     struct unix_stream_read_state *state, int ret)
{
	struct sock *sk = state->socket->sk;

	if (sk)
		handle_copied(sk, state->flags, ret);
	return 0;
}

SEC("fexit/unix_stream_splice_read")
int BPF_PROG(unix_stream_splice_read_fexit, struct socket *socket, void *position, void *pipe,
	     __u64 size, unsigned int flags, __s64 ret)
{
	struct sock *sk = socket->sk;

	if (sk)
		handle_splice(sk, ret);
	return 0;
}

SEC("fexit/unix_stream_sendmsg")
int BPF_PROG(unix_stream_sendmsg_fexit, struct socket *socket, void *message, __u64 size, int ret)
{
	struct sock *sk = socket->sk;

	if (sk && !is_self())
		handle_send(sk, ret, true);
	return 0;
}

SEC("fexit/unix_stream_sendmsg")
int BPF_PROG(unix_stream_sendmsg_fexit_unrolled, struct socket *socket, void *message, __u64 size,
	     int ret)
{
	struct sock *sk = socket->sk;

	if (sk && !is_self())
		handle_send(sk, ret, false);
	return 0;
}

/* For ends that are closed before they have seen the end of what is sent to them. */
SEC("fentry/unix_release")
int BPF_PROG(unix_release_fentry, struct socket *socket)
{
	struct sock *sk = socket->sk;

	if (sk)
		handle_release(sk);
	return 0;
}

/* ---- by address ---- */

/* The last that happens to a socket. */
SEC("fentry/unix_sock_destructor")
int BPF_PROG(unix_sock_destructor_fentry, struct sock *sk)
{
	forget_socket(sk);
	return 0;
}

SEC("kprobe/unix_sock_destructor")
int BPF_KPROBE(unix_sock_destructor_kprobe, struct sock *sk)
{
	forget_socket(sk);
	return 0;
}

SEC("kprobe/unix_stream_recvmsg")
int BPF_KPROBE(unix_stream_recvmsg_kprobe, struct socket *socket, void *message, __u64 size,
	       int flags)
{
	begin_call(socket, flags);
	return 0;
}

SEC("kretprobe/unix_stream_recvmsg")
int BPF_KRETPROBE(unix_stream_recvmsg_kretprobe, int ret)
{
	struct call call;

	if (end_call(&call) && !is_self())
		handle_receive(call.sk, ret, call.flags, SCRATCH_KPROBE, true);
	return 0;
}

SEC("kretprobe/unix_stream_recvmsg")
int BPF_KRETPROBE(unix_stream_recvmsg_kretprobe_unrolled, int ret)
{
	struct call call;

	if (end_call(&call) && !is_self())
		handle_receive(call.sk, ret, call.flags, SCRATCH_KPROBE, false);
	return 0;
}

/* Before it copies: a call whose memory is not there fails. */
SEC("kprobe/unix_stream_read_actor")
int BPF_KPROBE(unix_stream_read_actor_kprobe, struct sk_buff *buffer, int skip, int bytes,
	       struct unix_stream_read_state *state)
{
	struct sock *sk = BPF_CORE_READ(state, socket, sk);

	if (sk)
		handle_copied(sk, BPF_CORE_READ(state, flags), bytes);
	return 0;
}

SEC("kprobe/unix_stream_sendmsg")
int BPF_KPROBE(unix_stream_sendmsg_kprobe, struct socket *socket)
{
	begin_call(socket, 0);
	return 0;
}

SEC("kretprobe/unix_stream_sendmsg")
int BPF_KRETPROBE(unix_stream_sendmsg_kretprobe, int ret)
{
	struct call call;

	if (end_call(&call) && !is_self())
		handle_send(call.sk, ret, true);
	return 0;
}

SEC("kretprobe/unix_stream_sendmsg")
int BPF_KRETPROBE(unix_stream_sendmsg_kretprobe_unrolled, int ret)
{
	struct call call;

	if (end_call(&call) && !is_self())
		handle_send(call.sk, ret, false);
	return 0;
}

SEC("kprobe/unix_stream_splice_read")
int BPF_KPROBE(unix_stream_splice_read_kprobe, struct socket *socket)
{
	begin_call(socket, 0);
	return 0;
}

SEC("kretprobe/unix_stream_splice_read")
int BPF_KRETPROBE(unix_stream_splice_read_kretprobe, __s64 ret)
{
	struct call call;

	if (end_call(&call))
		handle_splice(call.sk, ret);
	return 0;
}

SEC("kprobe/unix_release")
int BPF_KPROBE(unix_release_kprobe, struct socket *socket)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);

	if (sk)
		handle_release(sk);
	return 0;
}

/* Read once, after attaching. */
SEC("iter/task_file")
int open_files(struct bpf_iter__task_file *at)
{
	struct task_struct *task = at->task;
	struct file *file = at->file;

	if (task && file)
		handle_file(at->meta->seq, task, file);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
