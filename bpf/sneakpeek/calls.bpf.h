/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry points at the ends of system calls, and of what io_uring does instead of them. */
#ifndef IMAGESNOOP_SNEAKPEEK_CALLS_BPF_H
#define IMAGESNOOP_SNEAKPEEK_CALLS_BPF_H

#include <bpf/bpf_tracing.h>
#include "../include/syscall_registers.bpf.h"
#include "../include/uring_result.bpf.h"
#include "names.bpf.h"
#include "tell.bpf.h"

/* The entry point of a system call: `call` has its arguments, `ret` is what it returned. */
#define CALL(name, condition, description)                                                         \
	SEC("tracepoint/syscalls/sys_exit_" #name)                                                 \
	int name##_tp(struct trace_event_raw_sys_exit *ctx)                                        \
	{                                                                                          \
		struct syscall_registers call;                                                     \
		struct change change = {};                                                         \
		long ret = ctx->ret;                                                               \
                                                                                                   \
		if (!(condition) || !change_is_wanted() || !read_syscall_registers(&call))         \
			return 0;                                                                  \
		if (!description)                                                                  \
			return 0;                                                                  \
		return hand_over(ctx, &tracepoint_teller, &change);                                \
	}

#define ARG(n)	   ((int)call.args[n])
#define NAME(n)	   (call.args[n])
#define FILE_OF(n) file_of_fd(ARG(n))

#define OPENED(flags)		    describe_open(&change, file_of_fd(ret), flags)
#define WRITTEN(n)		    describe_write(&change, FILE_OF(n), ret)
#define NAMED(operation, kind, ...) describe_name(&change, operation, kind, __VA_ARGS__)
#define RENAMED(operation, ...)	    describe_names(&change, operation, __VA_ARGS__)

/* ---- opens ---- */

CALL(open, ret >= 0, OPENED(ARG(1)))
CALL(creat, ret >= 0, OPENED(O_TRUNC))
CALL(openat, ret >= 0, OPENED(ARG(2)))
CALL(openat2, ret >= 0, OPENED(open_how_flags(NAME(2))))

/* ---- writes ---- */

CALL(write, ret > 0, WRITTEN(0))
CALL(pwrite64, ret > 0, WRITTEN(0))
CALL(writev, ret > 0, WRITTEN(0))
CALL(pwritev, ret > 0, WRITTEN(0))
CALL(pwritev2, ret > 0, WRITTEN(0))
CALL(sendfile64, ret > 0, WRITTEN(0))
CALL(splice, ret > 0, WRITTEN(2))
CALL(copy_file_range, ret > 0, WRITTEN(2))
CALL(ftruncate, ret == 0, WRITTEN(0))
CALL(fallocate, ret == 0, WRITTEN(0))
CALL(truncate, ret == 0, NAMED(WATCH_WRITE, WATCH_FILE, AT_FDCWD, NAME(0)))

/* ---- creations and links ---- */

CALL(mkdir, ret == 0, NAMED(WATCH_CREATE, WATCH_DIRECTORY, AT_FDCWD, NAME(0)))
CALL(mkdirat, ret == 0, NAMED(WATCH_CREATE, WATCH_DIRECTORY, ARG(0), NAME(1)))
CALL(mknod, ret == 0, NAMED(WATCH_CREATE, kind_of_node(ARG(1)), AT_FDCWD, NAME(0)))
CALL(mknodat, ret == 0, NAMED(WATCH_CREATE, kind_of_node(ARG(2)), ARG(0), NAME(1)))
CALL(symlink, ret == 0, NAMED(WATCH_CREATE, WATCH_SYMLINK, AT_FDCWD, NAME(1)))
CALL(symlinkat, ret == 0, NAMED(WATCH_CREATE, WATCH_SYMLINK, ARG(1), NAME(2)))
CALL(link, ret == 0, RENAMED(WATCH_LINK, AT_FDCWD, NAME(0), AT_FDCWD, NAME(1), 0))
CALL(linkat, ret == 0, RENAMED(WATCH_LINK, ARG(0), NAME(1), ARG(2), NAME(3), 0))

/* ---- deletions and renames ---- */

CALL(unlink, ret == 0, NAMED(WATCH_DELETE, WATCH_KIND_UNKNOWN, AT_FDCWD, NAME(0)))
CALL(unlinkat, ret == 0, NAMED(WATCH_DELETE, kind_of_unlink(ARG(2)), ARG(0), NAME(1)))
CALL(rmdir, ret == 0, NAMED(WATCH_DELETE, WATCH_DIRECTORY, AT_FDCWD, NAME(0)))
CALL(rename, ret == 0, RENAMED(WATCH_RENAME, AT_FDCWD, NAME(0), AT_FDCWD, NAME(1), 0))
CALL(renameat, ret == 0, RENAMED(WATCH_RENAME, ARG(0), NAME(1), ARG(2), NAME(3), 0))
CALL(renameat2, ret == 0, RENAMED(WATCH_RENAME, ARG(0), NAME(1), ARG(2), NAME(3), ARG(4)))

/* ---- modes and owners ---- */

CALL(chmod, ret == 0, describe_mode(&change, AT_FDCWD, NAME(0), ARG(1)))
CALL(fchmodat, ret == 0, describe_mode(&change, ARG(0), NAME(1), ARG(2)))
CALL(fchmodat2, ret == 0, describe_mode(&change, ARG(0), NAME(1), ARG(2)))
CALL(fchmod, ret == 0, describe_fd_mode(&change, ARG(0), ARG(1)))
CALL(chown, ret == 0, describe_owner(&change, AT_FDCWD, NAME(0), ARG(1), ARG(2)))
CALL(lchown, ret == 0, describe_owner(&change, AT_FDCWD, NAME(0), ARG(1), ARG(2)))
CALL(fchownat, ret == 0, describe_owner(&change, ARG(0), NAME(1), ARG(2), ARG(3)))
CALL(fchown, ret == 0, describe_fd_owner(&change, ARG(0), ARG(1), ARG(2)))

/* ---- io_uring ---- */

#define IORING_OP_WRITEV      2 /* include/uapi/linux/io_uring.h */
#define IORING_OP_WRITE_FIXED 5
#define IORING_OP_OPENAT      18
#define IORING_OP_WRITE	      23
#define IORING_OP_OPENAT2     28

/* A request's opcode, and in `result` what the application is told; -1 before Linux 5.19. */
static __always_inline int completed_opcode(struct io_kiocb___result *request, int *result)
{
	if (!uring_tells_result())
		return -1;
	*result = BPF_CORE_READ(request, cqe.res);
	return BPF_CORE_READ(request, opcode);
}

/* Writes go through no function that all kernels have. */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(uring_write_tpbtf, void *ring, struct io_kiocb___result *request)
{
	struct change change = {};
	int result = 0, opcode = completed_opcode(request, &result);

	if (opcode != IORING_OP_WRITE && opcode != IORING_OP_WRITEV &&
	    opcode != IORING_OP_WRITE_FIXED)
		return 0;
	if (result <= 0 || !change_is_wanted() ||
	    !describe_write(&change, BPF_CORE_READ(request, file), result))
		return 0;
	return tell_here(&change);
}

/* Files that were made; not those that were cut by their opening, nor files without a descriptor.
 */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(uring_open_tpbtf, void *ring, struct io_kiocb___result *request)
{
	struct change change = {};
	int result = 0, opcode = completed_opcode(request, &result);

	if ((opcode != IORING_OP_OPENAT && opcode != IORING_OP_OPENAT2) || result < 0)
		return 0;
	if (!change_is_wanted() || !describe_open(&change, file_of_fd(result), 0))
		return 0;
	return tell_here(&change);
}

#endif
