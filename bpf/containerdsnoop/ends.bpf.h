/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two ends of each connection, and what is known of them. */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_ENDS_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_ENDS_BPF_H

#include "../include/emit.bpf.h"
#include "../include/filters.bpf.h"
#include "addresses.bpf.h"

const struct open_event *open_event_type __attribute__((unused));

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
	__u64 received; /* bytes that it has read */
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
};

/* Of every stream socket of this family that is used, so that those that do not matter are known at
 * once. The kernel frees an entry with its socket. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct end);
} ends SEC(".maps");

static __always_inline struct sock *peer_of(struct sock *sk)
{
	struct unix_sock *unix_sk = bpf_skc_to_unix_sock(sk);

	return unix_sk ? unix_sk->peer : NULL;
}

static __always_inline struct end *end_of(struct sock *sk)
{
	return sk ? bpf_sk_storage_get(&ends, sk, NULL, 0) : NULL;
}

static __always_inline struct end *peer_end(struct sock *sk)
{
	return end_of(peer_of(sk));
}

static __always_inline void tell_open(struct sock *client, struct sock *server, struct end *end)
{
	struct open_event *record = emit_reserve(sizeof(*record));

	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	fill_header(&record->header, EVENT_OPEN, bpf_ktime_get_ns());
	record->conn = end->conn;
	record->client_pid = connected_pid(server);
	record->server_pid = connected_pid(client);
	record->from_start = end->from_start;
	record->address_bytes = read_address((struct unix_sock *)server, record->address);
	bpf_ringbuf_submit(record, 0);
}

static __always_inline void reject(struct sock *sk, __u32 generation)
{
	struct end *end = bpf_sk_storage_get(&ends, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!end)
		return;
	end->verdict = VERDICT_UNWANTED;
	end->generation = generation;
}

static __always_inline void accept(struct end *end, __u64 conn, __u32 role, bool from_start)
{
	if (end->verdict == VERDICT_WANTED)
		return;
	end->conn = conn;
	end->role = role;
	end->from_start = from_start;
	end->verdict = VERDICT_WANTED;
}

/* Decides on a connection when one of its ends is used for the first time. */
static __noinline void classify(struct sock *sk, struct control *state)
{
	struct unix_sock *unix_sk = bpf_skc_to_unix_sock(sk);
	struct sock *peer = unix_sk ? unix_sk->peer : NULL;
	struct end *client_end, *server_end;
	struct sock *client, *server;

	if (peer && is_watched_server(unix_sk)) {
		client = peer;
		server = sk;
	} else if (peer && is_watched_server(bpf_skc_to_unix_sock(peer))) {
		client = sk;
		server = peer;
	} else {
		reject(sk, state->generation);
		return;
	}
	if (cfg_self_pid && connected_pid(server) == cfg_self_pid) {
		reject(sk, state->generation);
		return;
	}
	client_end = bpf_sk_storage_get(&ends, client, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	server_end = bpf_sk_storage_get(&ends, server, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!client_end || !server_end) {
		count_lost(LOST_MAP_FULL);
		return;
	}
	accept(server_end, bpf_get_socket_cookie(client), ROLE_SERVER, state->ready);
	accept(client_end, server_end->conn, ROLE_CLIENT, state->ready);
	if (!__sync_lock_test_and_set(&client_end->opened, 1))
		tell_open(client, server, client_end);
}

/* This end of a connection that is to be watched, else NULL; decides if need be. */
static __always_inline struct end *watched_end(struct sock *sk)
{
	struct end *end = end_of(sk);
	struct control *state;

	if (end && end->verdict == VERDICT_WANTED)
		return end;
	state = current_control();
	if (!state ||
	    (end && end->verdict == VERDICT_UNWANTED && end->generation == state->generation))
		return NULL;
	if (!is_unix_stream(sk))
		return NULL;
	classify(sk, state);
	end = end_of(sk);
	return end && end->verdict == VERDICT_WANTED ? end : NULL;
}

/* Filters that concern the client, whoever acts. */
static __always_inline bool task_is_wanted(struct task_struct *task)
{
	if (filter_uid_mode != FILTER_ALL) {
		__u32 uid = BPF_CORE_READ((struct task_struct___cred *)task, real_cred, uid.val);

		if (!filter_allows(&filter_uids, filter_uid_mode, &uid))
			return false;
	}
	if (filter_container_mode != FILTER_ALL &&
	    in_container_set(task) != (filter_container_mode == FILTER_INCLUDE))
		return false;
	if (filter_mntns_mode != FILTER_ALL) {
		__u64 mntns = task_mntns(task);

		if (!filter_allows(&filter_mntns, filter_mntns_mode, &mntns))
			return false;
	}
	if (filter_cgroup_mode != FILTER_ALL) {
		__u64 cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);

		if (!filter_allows(&filter_cgroups, filter_cgroup_mode, &cgroup_id))
			return false;
	}
	return true;
}

static __always_inline bool has_client_filters(void)
{
	return filter_uid_mode != FILTER_ALL || filter_container_mode != FILTER_ALL ||
	       filter_mntns_mode != FILTER_ALL || filter_cgroup_mode != FILTER_ALL;
}

/* Told by the client itself. False if its connection is not wanted after all; from then on nothing
 * more of it is told. */
static __always_inline bool select_client(struct end *end, struct task_struct *task)
{
	if (!has_client_filters())
		return true;
	if (end->selection == SELECTION_UNKNOWN)
		end->selection = task_is_wanted(task) ? SELECTED : NOT_SELECTED;
	return end->selection == SELECTED;
}

/* The other end may read before the client is known: then its bytes are told. */
static __always_inline bool is_selected(struct sock *sk, struct end *end)
{
	if (!has_client_filters())
		return true;
	if (end->role == ROLE_SERVER)
		end = peer_end(sk);
	return !end || end->selection != NOT_SELECTED;
}

#endif
