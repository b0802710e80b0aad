/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a TCP socket says of itself: addresses, ports, state, namespace. */
#ifndef IMAGESNOOP_SOCKET_BPF_H
#define IMAGESNOOP_SOCKET_BPF_H

#include <bpf/bpf_endian.h>
#include "kernel.bpf.h"

#define AF_UNSPEC 0 /* include/linux/socket.h */
#define AF_INET	  2
#define AF_INET6  10

#define IPPROTO_TCP   6 /* include/uapi/linux/in.h */
#define IPPROTO_UDP   17
#define IPPROTO_MPTCP 262

#define TCP_ESTABLISHED_STATE 1 /* include/net/tcp_states.h */
#define TCP_SYN_SENT_STATE    2
#define TCP_SYN_RECV_STATE    3
#define TCP_FIN_WAIT1_STATE   4
#define TCP_FIN_WAIT2_STATE   5
#define TCP_CLOSE_STATE	      7
#define TCP_CLOSE_WAIT_STATE  8
#define TCP_LAST_ACK_STATE    9
#define TCP_CLOSING_STATE     11

#define O_NONBLOCK 04000 /* include/uapi/asm-generic/fcntl.h; the same on x86 and arm64 */
#define S_IFMT	   0170000
#define S_IFSOCK   0140000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	struct {
		__s64 counter;
	} skc_cookie;
	unsigned long skc_flags;
};

struct sk_buff_head {
	struct sk_buff *next;
	struct sk_buff *prev;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	int sk_err;
	struct sk_buff_head sk_error_queue;
	struct socket *sk_socket;
};

struct ipv6_pinfo {
	int mcast_oif;
};

struct inet_sock {
	struct sock sk;
	struct ipv6_pinfo *pinet6;
	__be16 inet_sport;
	int mc_index;
};

struct inet_connection_sock {
	void *icsk_ulp_data;
};

struct tcp_sock {
	bool is_mptcp;
	void *fastopen_req;
	/* Counted in sequence numbers: SYN and FIN are one each. */
	__u64 bytes_acked;
	__u64 bytes_received; /* without the SYN */
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 write_seq;
	__u32 total_retrans; /* segments */
};

struct mptcp_sock {
	struct sock *first; /* the subflow that the application's connect() made */
};

struct mptcp_subflow_context {
	struct sock *conn; /* the struct mptcp_sock */
};

typedef enum {
	SS_UNCONNECTED = 1,
} socket_state; /* include/uapi/linux/net.h */

struct socket {
	socket_state state;
	struct file *file;
	struct sock *sk;
};

struct inode {
	unsigned short i_mode;
};

struct file___inode {
	struct inode *f_inode;
};

struct sk_buff {
	struct sock *sk;
	char cb[48];
};

struct sock_extended_err {
	__u32 ee_errno;
};

struct sock_exterr_skb {
	struct sock_extended_err ee;
};

#pragma clang attribute pop

/* An address as an event has it: IPv4 in the first four bytes. */
struct inet_address {
	__u8 bytes[16];
};

struct endpoints {
	struct inet_address local;
	struct inet_address remote;
	__u16 remote_port; /* host order */
	__u8 family;	   /* 4 or 6 */
};

static __always_inline bool is_mapped_ipv4(const __u8 address[16])
{
	const __u32 *words = (const __u32 *)address;

	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

static __always_inline __u16 sock_family(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_family);
}

static __always_inline bool is_inet(__u16 family)
{
	return family == AF_INET || family == AF_INET6;
}

static __always_inline __u32 sock_netns(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* Both ends. A dual-stack socket that talks IPv4 keeps the IPv4 addresses beside the mapped ones.
 */
static __always_inline void sock_endpoints(struct sock *sk, struct endpoints *ends)
{
	ends->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (sock_family(sk) == AF_INET6) {
		BPF_CORE_READ_INTO(&ends->remote, sk, __sk_common.skc_v6_daddr);
		if (!is_mapped_ipv4(ends->remote.bytes)) {
			BPF_CORE_READ_INTO(&ends->local, sk, __sk_common.skc_v6_rcv_saddr);
			ends->family = 6;
			return;
		}
	}
	__builtin_memset(&ends->local, 0, sizeof(ends->local));
	__builtin_memset(&ends->remote, 0, sizeof(ends->remote));
	*(__u32 *)ends->local.bytes = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	*(__u32 *)ends->remote.bytes = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	ends->family = 4;
}

/* Port that the socket owns; 0 if none yet, or no more. */
static __always_inline __u16 sock_port(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_num);
}

/* Port last written into the socket. It outlives the port's release when a connection fails, and
 * also the next attempt's beginning: of use only where that is told apart. */
static __always_inline __u16 sock_last_port(struct sock *sk)
{
	return bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
}

/* The error put last in the socket's error queue; 0 if there is none. */
static __always_inline __u32 sock_queued_error(struct sock *sk)
{
	struct sk_buff *last = BPF_CORE_READ(sk, sk_error_queue.prev);
	struct sock_exterr_skb *error;

	if (!last || (void *)last == (void *)__builtin_preserve_access_index(&sk->sk_error_queue))
		return 0;
	error = (void *)__builtin_preserve_access_index(&last->cb);
	return BPF_CORE_READ(error, ee.ee_errno);
}

/* The socket of an open file; NULL if it is none. */
static __always_inline struct socket *file_socket(struct file *file)
{
	struct inode *inode = BPF_CORE_READ((struct file___inode *)file, f_inode);

	if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	return BPF_CORE_READ(file, private_data);
}

/* The file behind one of the current task's descriptors; NULL if it is closed. */
static __always_inline struct file *current_file(__u32 fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **slots, *file = NULL;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	slots = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), slots + fd);
	return file;
}

/* The TCP socket that carries an application's socket: itself or, for MPTCP, its first subflow.
 * NULL if it is neither. Its first subflow is NULL until something needs it. */
static __always_inline struct sock *tcp_carrier(struct sock *sk)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);

	if (!is_inet(sock_family(sk)))
		return NULL;
	if (protocol == IPPROTO_TCP)
		return sk;
	if (protocol == IPPROTO_MPTCP && bpf_core_field_exists(struct mptcp_sock, first))
		return BPF_CORE_READ((struct mptcp_sock *)sk, first);
	return NULL;
}

static __always_inline bool is_tcp_or_mptcp(struct sock *sk)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);

	return is_inet(sock_family(sk)) && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP);
}

/* For a subflow of MPTCP the application's socket, else NULL. */
static __always_inline struct sock *mptcp_owner(struct sock *sk)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	struct mptcp_subflow_context *subflow;

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP ||
	    !bpf_core_field_exists(tcp->is_mptcp) || !BPF_CORE_READ(tcp, is_mptcp))
		return NULL;
	subflow = BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ulp_data);
	return BPF_CORE_READ(subflow, conn);
}

#endif
