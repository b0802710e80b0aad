/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system call that the current thread is in: number and arguments, from its saved registers.
 * For hooks inside the kernel that lack what the application passed. */
#ifndef IMAGESNOOP_SYSCALL_REGISTERS_BPF_H
#define IMAGESNOOP_SYSCALL_REGISTERS_BPF_H

#include "core_compat.bpf.h"

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

#if defined(__TARGET_ARCH_x86)
#define SYSCALL_READ	 0
#define SYSCALL_READV	 19
#define SYSCALL_SENDTO	 44
#define SYSCALL_RECVFROM 45
#define SYSCALL_SENDMSG	 46
#define SYSCALL_RECVMSG	 47
#define SYSCALL_SENDMMSG 307
#elif defined(__TARGET_ARCH_arm64)
#define SYSCALL_READ	 63
#define SYSCALL_READV	 65
#define SYSCALL_SENDTO	 206
#define SYSCALL_RECVFROM 207
#define SYSCALL_SENDMSG	 211
#define SYSCALL_RECVMSG	 212
#define SYSCALL_SENDMMSG 269
#endif

#define USER_CS 0x33 /* arch/x86/include/asm/segment.h: code of a 64-bit program */

struct syscall_registers {
	__u64 number;
	__u64 args[6];
};

/* Is the current thread one of the kernel's, not of a program? */
static __always_inline bool current_is_kernel(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & PF_KTHREAD;
}

/* False in a thread of the kernel's own (io_uring's included) and in a 32-bit program, whose
 * numbers and structures are others. */
static __always_inline bool read_syscall_registers(struct syscall_registers *registers)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct pt_regs *regs = current_user_registers();

	if (BPF_CORE_READ(task, flags) & (PF_KTHREAD | PF_IO_WORKER))
		return false;
#if defined(__TARGET_ARCH_x86)
	if (BPF_CORE_READ(regs, cs) != USER_CS)
		return false;
	registers->number = BPF_CORE_READ(regs, orig_ax);
	registers->args[0] = BPF_CORE_READ(regs, di);
	registers->args[1] = BPF_CORE_READ(regs, si);
	registers->args[2] = BPF_CORE_READ(regs, dx);
	registers->args[3] = BPF_CORE_READ(regs, r10);
	registers->args[4] = BPF_CORE_READ(regs, r8);
	registers->args[5] = BPF_CORE_READ(regs, r9);
#elif defined(__TARGET_ARCH_arm64)
	if (BPF_CORE_READ(regs, pstate) & 0x10) /* PSR_MODE32_BIT */
		return false;
	registers->number = BPF_CORE_READ(regs, syscallno);
	registers->args[0] = BPF_CORE_READ(regs, orig_x0);
	BPF_CORE_READ_INTO(&registers->args[1], regs, regs[1]);
	BPF_CORE_READ_INTO(&registers->args[2], regs, regs[2]);
	BPF_CORE_READ_INTO(&registers->args[3], regs, regs[3]);
	BPF_CORE_READ_INTO(&registers->args[4], regs, regs[4]);
	BPF_CORE_READ_INTO(&registers->args[5], regs, regs[5]);
#endif
	return true;
}

#endif
