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
	__u64 sender; /* struct sockaddr of the sender, or 0 */
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
	if (registers.number == SYSCALL_READ)
		return true;
	if (registers.number == SYSCALL_RECVFROM) {
		received->sender = registers.args[4];
		return true;
	}
	if (registers.number != SYSCALL_RECVMSG)
		return false;
	bpf_probe_read_user(&message, sizeof(message), (const void *)registers.args[1]);
	bpf_probe_read_user(&first, sizeof(first), (const void *)message.iov);
	received->buffer = first.base;
	received->size = first.length;
	received->sender = message.name;
	return true;
}

/* A resolver that talks to several servers leaves its socket unconnected. */
static __always_inline bool sent_by_server(struct sock *sk, const struct received *received)
{
	__u16 port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	struct inet_sockaddr sender = {};

	if (port)
		return port == DNS_PORT;
	if (!received->sender)
		return false;
	bpf_probe_read_user(&sender, SOCKADDR_IN_SIZE, (const void *)received->sender);
	return sender.port == bpf_htons(DNS_PORT);
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
	__u16 protocol, port;
	__u32 length;

	if (ret < DNS_HEADER || flags & MSG_PEEK || !is_inet(sock_family(sk)))
		return;
	port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (port != DNS_PORT && (port || protocol != IPPROTO_UDP))
		return;
	if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP)
		return;
	if (!find_received(&received) || !sent_by_server(sk, &received) || !current_is_wanted())
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
