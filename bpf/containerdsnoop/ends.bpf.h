/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two ends of each connection, and what is known of them. */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_ENDS_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_ENDS_BPF_H

#include "../include/emit.bpf.h"
#include "../include/filters.bpf.h"
#include "addresses.bpf.h"
#include "waiting.bpf.h"

const struct open_event *open_event_type __attribute__((unused));

static __always_inline void tell_open(struct sock *client, struct sock *server, struct end *end)
{
	struct open_event *record = server ? emit_reserve(sizeof(*record)) : NULL;

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

static __always_inline void accept(struct end *end, __u64 conn, __u32 role, bool from_start)
{
	if (end->verdict == VERDICT_WANTED)
		return;
	end->conn = conn;
	end->role = role;
	end->from_start = from_start;
	end->aligned = from_start;
	begin_unsettled(end, from_start);
	end->verdict = VERDICT_WANTED;
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

/* Is this connection wanted, by its client? Nothing of it is told before that is known. Containers
 * become known while they run, so who is in none may be in a wanted one the next time. */
static __always_inline bool select_client(struct sock *client, struct end *end,
					  struct task_struct *task)
{
	if (has_client_filters() && end->selection != SELECTED) {
		if (end->selection == NOT_SELECTED && filter_container_mode != FILTER_INCLUDE)
			return false;
		end->selection = task_is_wanted(task) ? SELECTED : NOT_SELECTED;
		if (end->selection == NOT_SELECTED)
			return false;
	}
	if (!end->opened) {
		end->opened = 1; /* two processors may both tell: user space takes the first */
		tell_open(client, peer_of(client), end);
	}
	return true;
}

/* The same for either end. Clients tell of themselves as they act. */
static __always_inline bool is_selected(struct sock *sk, struct end *end)
{
	if (end->role == ROLE_CLIENT)
		return select_client(sk, end, acting_task());
	if (!has_client_filters())
		return true;
	end = peer_end(sk);
	return end && end->selection == SELECTED;
}

/* Decides on a connection when one of its ends is used for the first time. */
static __always_inline void classify(struct sock *sk, struct control *state)
{
	struct sock *peer = peer_of(sk), *client, *server;
	struct end *client_end, *server_end;
	struct task_struct *task;

	if (peer && is_watched_server((struct unix_sock *)sk)) {
		client = peer;
		server = sk;
	} else if (peer && is_watched_server((struct unix_sock *)peer)) {
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
	client_end = make_end(client);
	server_end = make_end(server);
	if (!client_end || !server_end) {
		count_lost(LOST_MAP_FULL);
		return;
	}
	accept(server_end, connection_id(client, client_end), ROLE_SERVER, state->ready);
	accept(client_end, server_end->conn, ROLE_CLIENT, state->ready);
	task = connected_task(server);
	if (task || !has_client_filters())
		select_client(client, client_end, task);
}

/* This end of a connection that is to be watched, else NULL; decides if need be. */
static __always_inline struct end *watched_end(struct sock *sk)
{
	struct end *end = end_of(sk);
	struct control *state;

	if (end && end->verdict == VERDICT_WANTED)
		return end;
	state = current_control();
	if (!state || is_rejected(sk, end, state->generation))
		return NULL;
	if (!is_unix_stream(sk))
		return NULL;
	classify(sk, state);
	end = end_of(sk);
	return end && end->verdict == VERDICT_WANTED ? end : NULL;
}

#endif
