/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of each socket, and where: inside of the socket itself or, where programs may not
 * (kprobes; before Linux 5.16), in a table by its address. */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_SOCKETS_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_SOCKETS_BPF_H

#include "kernel.bpf.h"

/* Set for programs that cannot keep anything in a socket; they need a hook that tells when one is
 * freed, as another may have its address then. */
const volatile bool cfg_by_address = false;

enum verdict {
	VERDICT_NONE = 0,
	VERDICT_UNWANTED = 1,
	VERDICT_WANTED = 2,
};

enum selection {
	SELECTION_UNKNOWN = 0,
	SELECTED = 1,
	NOT_SELECTED = 2,
};

struct end {
	__u64 conn;
	__u64 sent;	/* bytes that this end has written since it was seen */
	__u64 received; /* bytes that it has read, */
	__u64 told;	/* and those of them that user space knows of */
	__u64 inside;	/* taken by calls of which none has been seen to return */
	__u64 messages; /* recvmmsg(): the array of the call under way, */
	__u32 thread;	/* its thread */
	__u32 message;	/* and which message of it is next */
	__u32 generation;
	__u32 verdict;
	__u32 role;
	__u32 opened; /* of a client's end: user space has been told */
	__u32 closed;
	__u32 from_start;
	__u32 selection; /* of a client's end: does the client pass the filters? */
	__u32 released;
	__u32 ended;   /* it has read that nothing more comes */
	__u32 used;    /* a call that reads has returned since it was seen */
	__u32 settled; /* what calls took that waited at the start is told */
	__u32 aligned; /* `sent` counts from where its reader counts */
};

/* Of every stream socket of this family that is used, so that those that do not matter are known at
 * once. The kernel frees an entry with its socket. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct end);
} ends SEC(".maps");

/* Of the sockets that are watched, by address. User space sets the size where this is in use. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct sock *);
	__type(value, struct end);
} ends_by_address SEC(".maps");

/* Of the others: the generation that they were found not to be watched in. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct sock *);
	__type(value, __u32);
} rejected_by_address SEC(".maps");

static __always_inline struct sock *peer_of(struct sock *sk)
{
	struct unix_sock *unix_sk;

	if (cfg_by_address)
		return BPF_CORE_READ((struct unix_sock *)sk, peer);
	unix_sk = bpf_skc_to_unix_sock(sk);
	return unix_sk ? unix_sk->peer : NULL;
}

static __always_inline struct end *end_of(struct sock *sk)
{
	if (!sk)
		return NULL;
	if (cfg_by_address)
		return bpf_map_lookup_elem(&ends_by_address, &sk);
	return bpf_sk_storage_get(&ends, sk, NULL, 0);
}

/* Counts bytes of an end; returns the place of the first. One step or, before Linux 5.12, whose
 * programs may not even contain that, two: threads that use one socket at the same time could then
 * be told the same place. */
static __always_inline __u64 advance(__u64 *counter, __u64 bytes, bool in_one_step)
{
	__u64 before;

	if (in_one_step)
		return __sync_fetch_and_add(counter, bytes);
	before = *(volatile __u64 *)counter;
	__sync_fetch_and_add(counter, bytes);
	return before;
}

static __always_inline struct end *peer_end(struct sock *sk)
{
	return end_of(peer_of(sk));
}

/* Never the same twice: a processor makes no two in one nanosecond. */
static __always_inline __u64 new_id(void)
{
	return bpf_ktime_get_ns() << 8 | (bpf_get_smp_processor_id() & 0xff);
}

/* The kernel makes none where another processor makes it at the same time: then it is there. */
static __always_inline struct end *make_end(struct sock *sk)
{
	struct end *end;

	if (cfg_by_address) {
		struct end fresh = {.conn = new_id()};

		bpf_map_update_elem(&ends_by_address, &sk, &fresh, BPF_NOEXIST);
		return bpf_map_lookup_elem(&ends_by_address, &sk);
	}
	end = bpf_sk_storage_get(&ends, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	return end ? end : bpf_sk_storage_get(&ends, sk, NULL, 0);
}

static __always_inline __u64 connection_id(struct sock *client, struct end *end)
{
	return cfg_by_address ? end->conn : bpf_get_socket_cookie(client);
}

static __always_inline void reject(struct sock *sk, __u32 generation)
{
	struct end *end;

	if (cfg_by_address) {
		bpf_map_update_elem(&rejected_by_address, &sk, &generation, BPF_ANY);
		return;
	}
	end = bpf_sk_storage_get(&ends, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!end)
		return;
	end->verdict = VERDICT_UNWANTED;
	end->generation = generation;
}

static __always_inline bool is_rejected(struct sock *sk, struct end *end, __u32 generation)
{
	__u32 *rejected;

	if (!cfg_by_address)
		return end && end->verdict == VERDICT_UNWANTED && end->generation == generation;
	rejected = bpf_map_lookup_elem(&rejected_by_address, &sk);
	return rejected && *rejected == generation;
}

/* The socket is freed. */
static __always_inline void forget_socket(struct sock *sk)
{
	bpf_map_delete_elem(&ends_by_address, &sk);
	bpf_map_delete_elem(&rejected_by_address, &sk);
}

#endif
