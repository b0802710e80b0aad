// SPDX-License-Identifier: GPL-2.0-or-later
/* Every change of a file or directory by a process of a container: creations, writes, renames,
 * deletions, changes of mode and owner, links; who made it, with which arguments, and the path as
 * the process sees it. Only what succeeded, told when it is done.
 *
 * Hooks, best first:
 *  - fexit of the functions inside the kernel where system calls, their 32-bit forms and io_uring
 *    meet (5.17). Paths are those that the kernel has found, links followed. Nothing is paid by
 *    other system calls.
 *  - kprobes of the same functions: the same, dearer. A function that waits keeps one of a limited
 *    number of return probes, so for opens and writes tracepoints come first.
 *  - tracepoints at the ends of the system calls that change files. Their arguments are read from
 *    the thread's registers, names from its memory, which the kernel has just paged in; a second
 *    thread could have changed a name meanwhile. While they are attached, every system call of the
 *    machine costs some 36 ns more. 32-bit calls have none; of io_uring there are only its writes
 *    and opens (5.19).
 *
 * Not seen: changes that the kernel makes by itself; writes through memory maps to file systems
 * without a page cache; ioctl(2). */
#include "include/kernel.bpf.h"
#include <bpf/bpf_tracing.h>
#include "sneakpeek/calls.bpf.h"
#include "sneakpeek/fexit.bpf.h"
#include "sneakpeek/kprobe-directories.bpf.h"
#include "sneakpeek/kprobe-files.bpf.h"

/* ---- what is only counted ---- */

SEC("raw_tp/sched_process_exec")
int count_exec_tp(void *ctx)
{
	return change_is_wanted() ? count_exec() : 0;
}

#define TCP_SYN_SENT 2 /* include/net/tcp_states.h */

/* In the thread that connects: the state changes before the first packet is sent. */
SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(count_connect_tp, const void *sk, int old_state, int new_state)
{
	return new_state == TCP_SYN_SENT && change_is_wanted() ? count_connect() : 0;
}

char LICENSE[] SEC("license") = "GPL";
