/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts under way, and the rows that they become. */
#ifndef IMAGESNOOP_TCPCONNECT_ROWS_BPF_H
#define IMAGESNOOP_TCPCONNECT_ROWS_BPF_H

#include <asm-generic/errno.h>
#include "emit.bpf.h"
#include "destination.bpf.h"
#include "syscall_registers.bpf.h"
#include "../tcpconnect.h"

#define MAX_ATTEMPTS 16384 /* under way at one time; 5 MB with the maps beside it */
#define MAX_FLOWS    65536 /* --count: distinct source, destination and port */

enum cfg_when_bits {
	WHEN_ATTEMPT = 1,
	WHEN_OUTCOME = 2,
};

const volatile __u32 cfg_when = WHEN_OUTCOME;
const volatile bool cfg_failed_only = false;
const volatile bool cfg_count = false;

/* Which hook will tell what the system call returned. */
enum awaits {
	AWAITS_NOTHING = 0,
	AWAITS_RETURN = 1,     /* of connect() */
	AWAITS_SEND = 2,       /* of a send with MSG_FASTOPEN */
	AWAITS_COMPLETION = 3, /* of a request of io_uring */
};

/* struct sock -> attempt. Put in when the socket enters SYN_SENT, taken out with its row, at the
 * latest when the socket dies. User space reads what is left at exit: the pending ones. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ATTEMPTS);
	__type(key, __u64);
	__type(value, struct attempt);
} attempts SEC(".maps");

/* struct sock -> whatever. Outcome and return meet here, on two processors perhaps: whoever comes
 * first puts the entry in, whoever finds it there has the whole row. An insertion that refuses to
 * replace is atomic on every kernel; instructions that fetch and modify came with Linux 5.12. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ATTEMPTS);
	__type(key, __u64);
	__type(value, __u8);
} half_known SEC(".maps");

/* --count. Put in and added to here, read by user space at the end. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct flow_key);
	__type(value, __u64);
} flows SEC(".maps");

static __always_inline void count_flow(const struct connect_event *event)
{
	struct flow_key key = {.dport = event->dport, .family = event->family};
	__u64 one = 1, *count;

	__builtin_memcpy(key.saddr, event->saddr, sizeof(key.saddr));
	__builtin_memcpy(key.daddr, event->daddr, sizeof(key.daddr));
	count = bpf_map_lookup_elem(&flows, &key);
	if (!count) {
		if (!bpf_map_update_elem(&flows, &key, &one, BPF_NOEXIST))
			return;
		count = bpf_map_lookup_elem(&flows, &key); /* another processor was faster */
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		count_lost(LOST_MAP_FULL);
}

static __always_inline void emit_event(const struct connect_event *event, __u32 type)
{
	struct connect_event *record = emit_reserve(sizeof(*record));

	if (!record)
		return;
	__builtin_memcpy(record, event, sizeof(*record));
	record->header.type = type;
	bpf_ringbuf_submit(record, 0);
}

/* The row of an attempt of which everything is known that ever will be. */
static __noinline void emit_row(const struct connect_event *event)
{
	if (cfg_failed_only && event->outcome == OUTCOME_ESTABLISHED)
		return;
	if (cfg_count)
		count_flow(event);
	else if (cfg_when & WHEN_OUTCOME)
		emit_event(event, EVENT_CONNECT);
}

/* The row of --when attempt, as soon as the local port is known. */
static __always_inline void announce(struct attempt *attempt)
{
	if (!(cfg_when & WHEN_ATTEMPT) || cfg_count || attempt->announced)
		return;
	attempt->announced = 1;
	emit_event(&attempt->event, EVENT_CONNECT_BEGUN);
}

static __always_inline bool call_failed(const struct connect_event *event)
{
	return event->has_ret && event->ret < 0 && event->ret != -EINPROGRESS &&
	       event->ret != -EINTR && event->ret != -ECANCELED;
}

/* No hook saw the call return: what it must have returned. */
static __always_inline void derive_ret(struct attempt *attempt)
{
	struct connect_event *event = &attempt->event;

	if (event->outcome == OUTCOME_ABORTED)
		return;
	event->has_ret = 1;
	if (attempt->nonblocking)
		event->ret = -EINPROGRESS;
	else
		event->ret = -(__s32)event->error;
}

static __noinline void finish(__u64 key, struct attempt *attempt)
{
	struct connect_event *event = &attempt->event;

	if (attempt->derives_ret)
		derive_ret(attempt);
	/* The kernel gave up within the call and left no error in the socket. */
	if (event->outcome == OUTCOME_ABORTED && call_failed(event)) {
		event->outcome = OUTCOME_FAILED;
		event->error = -event->ret;
		/* No port was found, so what the socket holds is an older one. */
		if (event->ret == -EADDRNOTAVAIL && event->lport == attempt->stale_port)
			event->lport = sock_port((struct sock *)key);
	}
	announce(attempt);
	emit_row(event);
	bpf_map_delete_elem(&half_known, &key);
	bpf_map_delete_elem(&attempts, &key);
}

/* One of the two halves of a row has become known: its outcome, or what the call returned. */
static __always_inline void settle(__u64 key, struct attempt *attempt)
{
	__u8 one = 1;

	if (bpf_map_update_elem(&half_known, &key, &one, BPF_NOEXIST) == -EEXIST)
		finish(key, attempt);
}

static __always_inline bool is_awaited(const struct attempt *attempt, enum awaits what)
{
	return attempt->awaits == what && !attempt->event.has_ret;
}

static __always_inline void settle_return(__u64 key, struct attempt *attempt, __s32 ret)
{
	attempt->event.ret = ret;
	attempt->event.has_ret = 1;
	if (!attempt->event.lport)
		attempt->event.lport = sock_port((struct sock *)key);
	settle(key, attempt);
}

static __always_inline void fill_endpoints(struct connect_event *event,
					   const struct endpoints *ends)
{
	__builtin_memcpy(event->saddr, &ends->local, sizeof(event->saddr));
	__builtin_memcpy(event->daddr, &ends->remote, sizeof(event->daddr));
	event->dport = ends->remote_port;
	event->family = ends->family;
}

/* An address as connect() takes it, struct sockaddr_in or sockaddr_in6. */
struct inet_sockaddr {
	__u16 family;
	__be16 port;
	__u8 ipv4[4];
	__u8 ipv6[16];
	__u32 scope;
};

#define SOCKADDR_IN_SIZE  16
#define SOCKADDR_IN6_SIZE 24 /* SIN6_LEN_RFC2133, net/ipv6/af_inet6.c */

/* No more than the application gave: what lies behind may not be mapped. */
#define READ_SOCKADDR(READ, GIVEN, ADDRESS, LENGTH)                                                \
	((LENGTH) >= sizeof(*(GIVEN))	 ? READ(GIVEN, sizeof(*(GIVEN)), ADDRESS)                  \
	 : (LENGTH) >= SOCKADDR_IN6_SIZE ? READ(GIVEN, SOCKADDR_IN6_SIZE, ADDRESS)                 \
					 : READ(GIVEN, SOCKADDR_IN_SIZE, ADDRESS))

/* False if this is no address of the internet at all. */
static __always_inline bool parse_sockaddr(const struct inet_sockaddr *given, __u32 length,
					   struct endpoints *ends)
{
	ends->remote_port = bpf_ntohs(given->port);
	ends->family = 4;
	if (given->family == AF_INET && length >= SOCKADDR_IN_SIZE) {
		__builtin_memcpy(ends->remote.bytes, given->ipv4, 4);
	} else if (given->family == AF_INET6 && length >= SOCKADDR_IN6_SIZE) {
		if (is_mapped_ipv4(given->ipv6)) {
			__builtin_memcpy(ends->remote.bytes, given->ipv6 + 12, 4);
		} else {
			__builtin_memcpy(ends->remote.bytes, given->ipv6, 16);
			ends->family = 6;
		}
	} else {
		return false;
	}
	return true;
}

/* A call that failed before the socket reached SYN_SENT. `sk` is the application's socket. */
static __noinline void emit_refused_call(struct sock *sk, const struct inet_sockaddr *given,
					 __u32 length, __u64 begun_ns, __s32 ret)
{
	struct attempt attempt = {};
	struct connect_event *event = &attempt.event;
	struct endpoints own = {}, ends = {};

	if (!parse_sockaddr(given, length, &ends) || !current_is_wanted() ||
	    !destination_is_wanted(&ends))
		return;
	sock_endpoints(sk, &own);
	if (own.family == ends.family)
		ends.local = own.local;
	fill_header(&event->header, EVENT_CONNECT, begun_ns);
	event->header.netns = sock_netns(sk);
	fill_endpoints(event, &ends);
	event->lport = sock_port(sk);
	event->latency_ns = bpf_ktime_get_ns() - begun_ns;
	event->outcome = OUTCOME_FAILED;
	event->error = -ret;
	event->ret = ret;
	event->has_ret = 1;
	announce(&attempt);
	emit_row(event);
}

#endif
