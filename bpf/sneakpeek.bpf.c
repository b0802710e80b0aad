// SPDX-License-Identifier: GPL-2.0-or-later
/* Every change of a file or directory by a process of a container: creations, writes, renames,
 * deletions, changes of mode and owner, links; who made it, with which arguments, and the path as
 * the process sees it. Only what succeeded, told when the call returns.
 *
 * Hooks: tracepoints at the ends of the system calls that change files. Their arguments are read
 * from the thread's registers, names from its memory, which the kernel has just paged in; a second
 * thread could have changed a name meanwhile. While they are attached, every system call of the
 * machine costs some 36 ns more. Since Linux 5.17 (bpf_loop).
 *
 * Not seen: writes through mmap(2), io_uring and 32-bit system calls; changes that the kernel makes
 * by itself. */
#include "include/kernel.bpf.h"
#include <bpf/bpf_tracing.h>
#include "include/syscall_registers.bpf.h"
#include "sneakpeek/files.bpf.h"
#include "sneakpeek/names.bpf.h"

/* The body of an entry point: `call` has the arguments, `ret` what the system call returned. */
#define CALL(name, condition, body)                                                                \
	SEC("tracepoint/syscalls/sys_exit_" #name)                                                 \
	int name##_tp(struct trace_event_raw_sys_exit *ctx)                                        \
	{                                                                                          \
		struct syscall_registers call;                                                     \
		long ret = ctx->ret;                                                               \
                                                                                                   \
		if (!(condition) || !change_is_wanted() || !read_syscall_registers(&call))         \
			return 0;                                                                  \
		return body;                                                                       \
	}

#define ARG(n)	((int)call.args[n])
#define NAME(n) (call.args[n])

/* ---- opens ---- */

CALL(open, ret >= 0, handle_open(ret, ARG(1)))
CALL(creat, ret >= 0, handle_open(ret, O_TRUNC))
CALL(openat, ret >= 0, handle_open(ret, ARG(2)))
CALL(openat2, ret >= 0, handle_open(ret, open_how_flags(NAME(2))))

/* ---- writes ---- */

CALL(write, ret > 0, handle_write(ARG(0), ret))
CALL(pwrite64, ret > 0, handle_write(ARG(0), ret))
CALL(writev, ret > 0, handle_write(ARG(0), ret))
CALL(pwritev, ret > 0, handle_write(ARG(0), ret))
CALL(pwritev2, ret > 0, handle_write(ARG(0), ret))
CALL(sendfile64, ret > 0, handle_write(ARG(0), ret))
CALL(splice, ret > 0, handle_write(ARG(2), ret))
CALL(copy_file_range, ret > 0, handle_write(ARG(2), ret))
CALL(ftruncate, ret == 0, handle_write(ARG(0), 0))
CALL(fallocate, ret == 0, handle_write(ARG(0), 0))
CALL(truncate, ret == 0, handle_name(WATCH_WRITE, WATCH_FILE, AT_FDCWD, NAME(0)))

/* ---- creations and links ---- */

CALL(mkdir, ret == 0, handle_name(WATCH_CREATE, WATCH_DIRECTORY, AT_FDCWD, NAME(0)))
CALL(mkdirat, ret == 0, handle_name(WATCH_CREATE, WATCH_DIRECTORY, ARG(0), NAME(1)))
CALL(mknod, ret == 0, handle_name(WATCH_CREATE, kind_of_node(ARG(1)), AT_FDCWD, NAME(0)))
CALL(mknodat, ret == 0, handle_name(WATCH_CREATE, kind_of_node(ARG(2)), ARG(0), NAME(1)))
CALL(symlink, ret == 0, handle_name(WATCH_CREATE, WATCH_SYMLINK, AT_FDCWD, NAME(1)))
CALL(symlinkat, ret == 0, handle_name(WATCH_CREATE, WATCH_SYMLINK, ARG(1), NAME(2)))
CALL(link, ret == 0, handle_names(WATCH_LINK, AT_FDCWD, NAME(0), AT_FDCWD, NAME(1), 0))
CALL(linkat, ret == 0, handle_names(WATCH_LINK, ARG(0), NAME(1), ARG(2), NAME(3), 0))

/* ---- deletions and renames ---- */

CALL(unlink, ret == 0, handle_name(WATCH_DELETE, WATCH_KIND_UNKNOWN, AT_FDCWD, NAME(0)))
CALL(unlinkat, ret == 0, handle_name(WATCH_DELETE, kind_of_unlink(ARG(2)), ARG(0), NAME(1)))
CALL(rmdir, ret == 0, handle_name(WATCH_DELETE, WATCH_DIRECTORY, AT_FDCWD, NAME(0)))
CALL(rename, ret == 0, handle_names(WATCH_RENAME, AT_FDCWD, NAME(0), AT_FDCWD, NAME(1), 0))
CALL(renameat, ret == 0, handle_names(WATCH_RENAME, ARG(0), NAME(1), ARG(2), NAME(3), 0))
CALL(renameat2, ret == 0, handle_names(WATCH_RENAME, ARG(0), NAME(1), ARG(2), NAME(3), ARG(4)))

/* ---- modes and owners ---- */

CALL(chmod, ret == 0, handle_mode(AT_FDCWD, NAME(0), ARG(1)))
CALL(fchmodat, ret == 0, handle_mode(ARG(0), NAME(1), ARG(2)))
CALL(fchmodat2, ret == 0, handle_mode(ARG(0), NAME(1), ARG(2)))
CALL(fchmod, ret == 0, handle_fd_mode(ARG(0), ARG(1)))
CALL(chown, ret == 0, handle_owner(AT_FDCWD, NAME(0), ARG(1), ARG(2)))
CALL(lchown, ret == 0, handle_owner(AT_FDCWD, NAME(0), ARG(1), ARG(2)))
CALL(fchownat, ret == 0, handle_owner(ARG(0), NAME(1), ARG(2), ARG(3)))
CALL(fchown, ret == 0, handle_fd_owner(ARG(0), ARG(1), ARG(2)))

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
