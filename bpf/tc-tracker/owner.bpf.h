/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose session it is, told by the packets themselves.
 *
 * A packet leaves either from process context (a call connects, sends, reads or closes) or from
 * softirq, where the current task is anybody. The socket says which: whoever calls owns its lock
 * (lock_sock() sets sk_lock.owned), and meanwhile softirq leaves that socket alone and queues for
 * it. So the current task is the caller whenever an outgoing packet's socket is owned. */
#ifndef IMAGESNOOP_TC_TRACKER_OWNER_BPF_H
#define IMAGESNOOP_TC_TRACKER_OWNER_BPF_H

#include "filters.bpf.h"
#include "tc-tracker.h"

#define TCP_TIME_WAIT_STATE    6 /* include/net/tcp_states.h: these two are no whole sockets */
#define TCP_NEW_SYN_RECV_STATE 12
#define PF_KTHREAD	       0x00200000 /* include/linux/sched.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct net_pointer {
	struct net *net;
};

struct sock_common___owner {
	volatile unsigned char skc_state;
	struct net_pointer skc_net;
};

struct sock___owner {
	struct sock_common___owner __sk_common;
	struct {
		int owned;
	} sk_lock;
};

struct net_device___owner {
	struct net_pointer nd_net;
};

struct sk_buff___owner {
	struct net_device___owner *dev;
	struct sock___owner *sk;
};

#pragma clang attribute pop

const volatile bool cfg_filtered = false; /* some filter asks for the owner */

static __always_inline __u32 packet_netns(struct __sk_buff *skb)
{
	struct sk_buff___owner *buffer = (void *)skb;

	return BPF_CORE_READ(buffer, dev, nd_net.net, ns.inum);
}

/* Is the current task the one that made this outgoing packet? Not asked of kernel threads: a
 * device stacked on another may send for any socket from one of them. */
static __always_inline bool current_sends(struct __sk_buff *skb, struct task_struct *task)
{
	struct sk_buff___owner *buffer = (void *)skb;
	struct sock___owner *sk = BPF_CORE_READ(buffer, sk);
	unsigned char state = BPF_CORE_READ(sk, __sk_common.skc_state);

	if (state == TCP_TIME_WAIT_STATE || state == TCP_NEW_SYN_RECV_STATE)
		return false;
	return BPF_CORE_READ(sk, sk_lock.owned) && !(BPF_CORE_READ(task, flags) & PF_KTHREAD) &&
	       BPF_CORE_READ(sk, __sk_common.skc_net.net) == BPF_CORE_READ(buffer, dev, nd_net.net);
}

/* Called for outgoing packets of a socket until the owner is known. */
static __always_inline void learn_owner(struct __sk_buff *skb, struct session *session)
{
	struct task_struct *task = acting_task();

	if (!current_sends(skb, (struct task_struct *)bpf_get_current_task()))
		return;
	fill_header_of(&session->header, task, session->header.type, session->header.ts_ns);
	if (cfg_filtered)
		session->wanted = task_passes(task, false) ? WANTED_YES : WANTED_NO;
	session->owned = 1;
}

#endif
