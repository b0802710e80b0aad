/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a call that reads from a socket has put the bytes: its arguments tell. The kernel has just
 * written there, so the memory is present. */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_BUFFERS_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_BUFFERS_BPF_H

#include "../include/syscall_registers.bpf.h"
#include "ends.bpf.h"

#if defined(__TARGET_ARCH_x86)
#define SYSCALL_RECVMMSG 299
#define SYSCALL_PREADV2	 327
#elif defined(__TARGET_ARCH_arm64)
#define SYSCALL_RECVMMSG 243
#define SYSCALL_PREADV2	 286
#endif

/* struct user_msghdr and struct mmsghdr of a 64-bit program. */
struct user_message {
	__u64 name;
	__u64 name_length;
	__u64 pieces;
	__u64 piece_count;
	__u64 control;
	__u64 control_length;
	__u64 flags;
};

struct user_messages {
	struct user_message message;
	__u64 received;
};

#define MESSAGE_UNKNOWN 0xffffffff

struct piece {
	__u64 base;
	__u64 length;
};

struct buffers {
	struct piece only; /* when there is no array */
	__u64 pieces;	   /* address of an array of struct piece, else 0 */
	__u32 count;
	__u32 reserved;
};

/* Which of the messages of a recvmmsg() has just been received. The kernel tells each, in order,
 * and stops at an error or when all are filled. Not known of a call that was under way when the
 * connection was seen first, until an error ends it. */
static __always_inline __u32 next_message(struct end *end, const struct syscall_registers *call,
					  __s32 ret)
{
	__u32 thread = (__u32)bpf_get_current_pid_tgid(), index;

	if (end->messages != call->args[1] || end->thread != thread) {
		end->messages = call->args[1];
		end->thread = thread;
		end->message = end->from_start || end->used ? 0 : MESSAGE_UNKNOWN;
	}
	index = end->message;
	if (ret < 0 || (index != MESSAGE_UNKNOWN && index + 1 >= (__u32)call->args[2]))
		end->messages = 0;
	else if (index != MESSAGE_UNKNOWN)
		end->message = index + 1;
	return index;
}

/* io_uring may complete a read while its thread is within any other call, so the call must be about
 * this very socket. */
static __always_inline bool is_about(const struct syscall_registers *call, struct sock *sk)
{
	struct file *file = current_file(call->args[0]);
	struct socket *socket = file ? file_socket(file) : NULL;

	return socket && BPF_CORE_READ(socket, sk) == sk;
}

/* To be called for errors, too: they end a recvmmsg(). */
static __always_inline bool find_buffers(struct sock *sk, struct end *end, __s32 ret,
					 struct buffers *found)
{
	struct syscall_registers call;
	struct user_message message = {};
	const void *where;
	__u32 index;

	if (!read_syscall_registers(&call) || !is_about(&call, sk))
		return false;
	where = (const void *)call.args[1];
	switch (call.number) {
	case SYSCALL_READ:
	case SYSCALL_RECVFROM:
		found->only.base = call.args[1];
		found->only.length = call.args[2];
		found->count = 1;
		return true;
	case SYSCALL_READV:
	case SYSCALL_PREADV2:
		found->pieces = call.args[1];
		found->count = call.args[2];
		return true;
	case SYSCALL_RECVMMSG:
		index = next_message(end, &call, ret);
		if (index == MESSAGE_UNKNOWN)
			return false;
		where += index * sizeof(struct user_messages);
		break;
	case SYSCALL_RECVMSG:
		break;
	default:
		return false;
	}
	if (bpf_probe_read_user(&message, sizeof(message), where))
		return false;
	found->pieces = message.pieces;
	found->count = message.piece_count;
	return true;
}

#endif
