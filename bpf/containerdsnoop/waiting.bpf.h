/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that wait for data while hooks are attached: of those the kernel does not tell fexit
 * programs and kretprobes that they return. How much they take is seen where it is copied, within
 * the call, until each end that was open has been read by a call that does return to us. */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_WAITING_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_WAITING_BPF_H

#include "sockets.bpf.h"

#define MSG_PEEK 2 /* include/linux/socket.h */

/* Ends of which this is still to be found out. User space takes the program away at 0. */
__u32 unsettled_ends;

static __always_inline void begin_unsettled(struct end *end, bool from_start)
{
	end->settled = from_start;
	if (!from_start)
		__sync_fetch_and_add(&unsettled_ends, 1);
}

/* A call has taken bytes out of the queue; it holds the lock of those that read. */
static __always_inline void handle_copied(struct sock *sk, int flags, __s32 bytes)
{
	struct end *end;

	if (!unsettled_ends || bytes <= 0 || flags & MSG_PEEK)
		return;
	end = end_of(sk);
	if (end && end->verdict == VERDICT_WANTED && !end->settled)
		end->inside += bytes;
}

/* When the first call has returned, with `ret` bytes: what others have taken before. */
static __always_inline __u64 settle(struct end *end, __u32 ret)
{
	__u64 inside = end->inside;

	if (end->settled)
		return 0;
	end->settled = 1;
	end->inside = 0;
	__sync_fetch_and_add(&unsettled_ends, -1);
	return inside > ret ? inside - ret : 0;
}

#endif
