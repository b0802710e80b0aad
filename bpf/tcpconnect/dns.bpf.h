/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --dns: the answers of name servers, as the process that asked receives them. The hooks tell
 * socket and length; where the bytes are, the registers of its system call tell. Not seen: answers
 * received by io_uring or recvmmsg(), and what of a message lies beyond its first buffer. */
#ifndef IMAGESNOOP_TCPCONNECT_DNS_BPF_H
#define IMAGESNOOP_TCPCONNECT_DNS_BPF_H

#include "sends.bpf.h"

#define DNS_PORT   53
#define DNS_HEADER 12  /* RFC 1035, 4.1.1 */
#define DNS_SMALL  512 /* the usual answer; a larger record is a rarer one */
#define MSG_PEEK   2   /* include/linux/socket.h */

/* In the object's BTF, from which user space reads the layout. */
const struct dns_event *unused_dns_event __attribute__((unused));

struct user_iovec {
	__u64 base;
	__u64 length;
};

struct received {
	__u64 buffer;
	__u64 size;
};

static __always_inline bool find_received(struct received *received)
{
	struct syscall_registers registers;
	struct user_msghdr message = {};
	struct user_iovec first = {};

	if (!read_syscall_registers(&registers))
		return false;
	received->buffer = registers.args[1];
	received->size = registers.args[2];
	if (registers.number == SYSCALL_READ || registers.number == SYSCALL_RECVFROM)
		return true;
	if (registers.number != SYSCALL_RECVMSG)
		return false;
	bpf_probe_read_user(&message, sizeof(message), (const void *)registers.args[1]);
	bpf_probe_read_user(&first, sizeof(first), (const void *)message.iov);
	received->buffer = first.base;
	received->size = first.length;
	return true;
}

/* Unconnected sockets (struct sock) that have sent to a name server, as those of resolvers that
 * talk to several. Put in by the send; the oldest falls out. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u8);
} asking SEC(".maps");

static __always_inline bool is_unconnected_udp(struct sock *sk)
{
	return is_inet(sock_family(sk)) && !BPF_CORE_READ(sk, __sk_common.skc_dport) &&
	       BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP;
}

static __always_inline void handle_question_to(struct sock *sk, const struct inet_sockaddr *server)
{
	__u64 key = (__u64)sk;
	__u8 one = 1;

	if (server->port == bpf_htons(DNS_PORT))
		bpf_map_update_elem(&asking, &key, &one, BPF_ANY);
}

/* The server's address, when it is sent to; when it has answered, it is not yet in the
 * application's memory. */
static __always_inline void handle_question(struct sock *sk, __s32 ret)
{
	struct syscall_registers registers;
	struct inet_sockaddr server = {};
	struct user_msghdr message = {};

	if (ret <= 0 || !is_unconnected_udp(sk) || !read_syscall_registers(&registers))
		return;
	if (registers.number == SYSCALL_SENDTO)
		message.name = registers.args[4];
	else if (registers.number == SYSCALL_SENDMSG || registers.number == SYSCALL_SENDMMSG)
		bpf_probe_read_user(&message, sizeof(message), (const void *)registers.args[1]);
	bpf_probe_read_user(&server, SOCKADDR_IN_SIZE, (const void *)message.name);
	handle_question_to(sk, &server);
}

static __always_inline void handle_question_message(struct sock *sk, struct msghdr *message)
{
	struct inet_sockaddr server = {};

	if (!is_unconnected_udp(sk))
		return;
	bpf_probe_read_kernel(&server, SOCKADDR_IN_SIZE, BPF_CORE_READ(message, msg_name));
	handle_question_to(sk, &server);
}

static __always_inline bool sent_by_server(struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (BPF_CORE_READ(sk, __sk_common.skc_dport) == bpf_htons(DNS_PORT))
		return true;
	return is_unconnected_udp(sk) && bpf_map_lookup_elem(&asking, &key);
}

static __always_inline void fill_answer(struct dns_event *record, const struct received *received,
					__u32 length, __u32 total, bool tcp)
{
	fill_header(&record->header, EVENT_DNS_ANSWER, bpf_ktime_get_ns());
	record->length = length;
	record->total = total;
	record->tcp = tcp;
	__builtin_memset(record->padding, 0, sizeof(record->padding));
	if (bpf_probe_read_user(record->payload, length, (const void *)received->buffer))
		record->length = 0;
}

static __always_inline void handle_receive(struct sock *sk, __s32 ret, int flags)
{
	struct received received = {};
	struct dns_event *record;
	__u16 protocol;
	__u32 length;

	if (ret < DNS_HEADER || flags & MSG_PEEK || !is_inet(sock_family(sk)))
		return;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if ((protocol != IPPROTO_UDP && protocol != IPPROTO_TCP) || !sent_by_server(sk) ||
	    !find_received(&received) || !current_is_wanted())
		return;
	length = received.size < (__u32)ret ? received.size : (__u32)ret;
	if (length <= DNS_SMALL) {
		record = emit_reserve(sizeof(*record) + DNS_SMALL);
		if (!record)
			return;
		fill_answer(record, &received, length, ret, protocol == IPPROTO_TCP);
		bpf_ringbuf_submit(record, 0);
		return;
	}
	if (length > DNS_PAYLOAD) {
		length = DNS_PAYLOAD;
		count_lost(LOST_TRUNCATED);
	}
	record = emit_reserve(sizeof(*record) + DNS_PAYLOAD);
	if (!record)
		return;
	fill_answer(record, &received, length, ret, protocol == IPPROTO_TCP);
	bpf_ringbuf_submit(record, 0);
}

#endif
