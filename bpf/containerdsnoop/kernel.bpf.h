/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel knows of sockets of the family AF_UNIX. */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_KERNEL_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_KERNEL_BPF_H

#include "../include/socket.bpf.h"

#define AF_UNIX		1  /* include/linux/socket.h */
#define SOCK_STREAM	1  /* include/linux/net.h */
#define SHUTDOWN_MASK	3  /* include/net/sock.h: nothing comes any more and nothing goes */
#define TCP_LISTEN	10 /* include/net/tcp_states.h; unix sockets use these too */
#define SUN_PATH_OFFSET 2  /* in struct sockaddr_un */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sockaddr_un {
	__u16 sun_family;
	char sun_path[108];
};

struct unix_address {
	int len; /* of name: family and path */
	struct sockaddr_un name[];
};

struct unix_sock {
	struct unix_address *addr;
	struct path path; /* where a path is bound; accepted sockets have their listener's */
	struct sock *peer;
};

/* Since "af_unix: Use cached value for SOCK_STREAM in unix_inq_len()." (6.17). */
struct unix_sock___counted {
	int inq_len; /* bytes that wait to be read */
};

struct upid {
	int nr;
};

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
};

struct pid {
	struct hlist_head tasks[2]; /* by enum pid_type; empty once they are gone */
	struct upid numbers[1];	    /* [0] in the initial pid namespace */
};

struct task_struct___pids {
	struct hlist_node pid_links[2];
};

struct sock___unix {
	struct sk_buff_head sk_receive_queue;
	struct pid *sk_peer_pid;
	__u8 sk_shutdown;
	__u16 sk_type;
};

/* What a call that reads from a stream socket has on its stack. */
struct unix_stream_read_state {
	struct socket *socket;
	int flags;
};

struct inode___number {
	unsigned long i_ino;
};

struct dentry___inode {
	struct inode___number *d_inode;
};

struct kuid {
	__u32 val;
};

struct cred___uid {
	struct kuid uid;
};

struct task_struct___cred {
	struct cred___uid *real_cred;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

static __always_inline bool is_unix_stream(struct sock *sk)
{
	return sock_family(sk) == AF_UNIX &&
	       BPF_CORE_READ((struct sock___unix *)sk, sk_type) == SOCK_STREAM;
}

/* Who was on the other side when the connection was made: the process that called connect() of a
 * server's end, the one that called listen() of a client's. */
static __always_inline __u32 connected_pid(struct sock *sk)
{
	struct pid *pid = BPF_CORE_READ((struct sock___unix *)sk, sk_peer_pid);

	return pid ? BPF_CORE_READ(pid, numbers[0].nr) : 0;
}

/* The same as a task; NULL once it has ended. */
static __always_inline struct task_struct *connected_task(struct sock *sk)
{
	struct pid *pid = BPF_CORE_READ((struct sock___unix *)sk, sk_peer_pid);
	struct hlist_node *first = pid ? BPF_CORE_READ(pid, tasks[PIDTYPE_TGID].first) : NULL;

	if (!first)
		return NULL;
	return (void *)(first - PIDTYPE_TGID) -
	       bpf_core_field_offset(struct task_struct___pids, pid_links);
}

static __always_inline bool is_shut_down(struct sock *sk)
{
	return (BPF_CORE_READ((struct sock___unix *)sk, sk_shutdown) & SHUTDOWN_MASK) ==
	       SHUTDOWN_MASK;
}

/* Closed, though its other end may still hold it. */
static __always_inline bool is_orphan(struct sock *sk)
{
	return !BPF_CORE_READ(sk, sk_socket);
}

/* Is there nothing more to read? */
static __always_inline bool is_drained(struct sock *sk)
{
	struct sock___unix *unix_sk = (struct sock___unix *)sk;

	return (void *)BPF_CORE_READ(unix_sk, sk_receive_queue.next) ==
	       (void *)__builtin_preserve_access_index(&unix_sk->sk_receive_queue);
}

/* Bytes that wait to be read; negative where the kernel does not say. */
static __always_inline __s64 unread_bytes(struct sock *sk)
{
	struct unix_sock___counted *unix_sk = (struct unix_sock___counted *)sk;

	if (is_drained(sk))
		return 0;
	return bpf_core_field_exists(unix_sk->inq_len) ? BPF_CORE_READ(unix_sk, inq_len) : -1;
}

#endif
