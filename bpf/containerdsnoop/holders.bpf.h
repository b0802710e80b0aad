/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is open when the tool starts: an iterator over the files of all processes finds it, in every
 * network namespace at once, and who holds it. */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_HOLDERS_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_HOLDERS_BPF_H

#include "stream.bpf.h"

const struct holder_event *holder_event_type __attribute__((unused));
const struct listener *listener_type __attribute__((unused));

static __always_inline void tell_holder(struct task_struct *task, __u64 conn, __u32 role)
{
	struct holder_event *record = emit_reserve(sizeof(*record));

	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	record->header.ts_ns = bpf_ktime_get_ns();
	record->header.type = EVENT_HOLDER;
	record->header.pid = BPF_CORE_READ(task, tgid);
	record->header.tid = record->header.pid;
	record->header.cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	record->header.mntns = task_mntns(task);
	record->header.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	BPF_CORE_READ_STR_INTO(&record->header.comm, task, comm);
	record->conn = conn;
	record->role = role;
	bpf_ringbuf_submit(record, 0);
}

/* Whoever has written before is behind or ahead: from here on both count alike, unless something
 * waits and the kernel does not say how much. */
static __always_inline void align_counts(struct sock *sk, struct end *end)
{
	struct end *writer = peer_end(sk);
	__s64 unread = unread_bytes(sk);

	if (!writer || unread < 0)
		return;
	writer->sent = end->received + end->inside + unread;
	writer->aligned = 1;
}

static __always_inline void write_listener(struct seq_file *out, struct task_struct *task,
					   struct unix_sock *unix_sk)
{
	struct listener listener = {.pid = BPF_CORE_READ(task, tgid)};

	listener.address_bytes = read_address(unix_sk, listener.address);
	BPF_CORE_READ_STR_INTO(&listener.comm, task, comm);
	bpf_seq_write(out, &listener, sizeof(listener));
}

static __always_inline struct sock *socket_of(struct file *file)
{
	struct socket *socket;

	if (cfg_by_address) {
		socket = file_socket(file);
		return socket ? BPF_CORE_READ(socket, sk) : NULL;
	}
	socket = bpf_sock_from_file(file);
	return socket ? socket->sk : NULL;
}

static __always_inline void handle_file(struct seq_file *out, struct task_struct *task,
					struct file *file)
{
	struct sock *sk = socket_of(file);
	struct end *end;

	if (!sk || !is_unix_stream(sk) || (__u32)BPF_CORE_READ(task, tgid) == cfg_self_pid)
		return;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN) {
		if (is_watched_server((struct unix_sock *)sk))
			write_listener(out, task, (struct unix_sock *)sk);
		return;
	}
	end = watched_end(sk);
	if (!end)
		return;
	if (!end->from_start)
		align_counts(sk, end);
	if (end->role == ROLE_CLIENT && !select_client(sk, end, task))
		return;
	tell_holder(task, end->conn, end->role);
}

#endif
