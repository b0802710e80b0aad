// SPDX-License-Identifier: GPL-2.0-or-later
#include "seccomp.h"
#include "args.h"
#include <cerrno>
#include <cstddef>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace {
#if defined(__x86_64__)
constexpr uint32_t kArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArch = AUDIT_ARCH_AARCH64;
#else
#error "no seccomp filter for this architecture"
#endif

// A list of what is refused, not of what is allowed: the latter would break with each new Node.
constexpr uint32_t kRefused[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_perf_event_open,
    SYS_io_uring_setup,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_userfaultfd,
    SYS_reboot,
    SYS_swapon,
    SYS_acct,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_pidfd_getfd,
    SYS_open_by_handle_at,
};

// What a tracer goes on doing: reading its maps and what the kernel counts of its programs, and
// giving up its links (which is close()).
constexpr uint32_t kBpfAllowed[] = {
    BPF_MAP_LOOKUP_ELEM,
    BPF_MAP_GET_NEXT_KEY,
    BPF_MAP_LOOKUP_BATCH,
    BPF_MAP_UPDATE_ELEM,
    BPF_MAP_DELETE_ELEM,
    BPF_MAP_LOOKUP_AND_DELETE_BATCH,
    BPF_MAP_LOOKUP_AND_DELETE_ELEM,
    BPF_OBJ_GET_INFO_BY_FD,
};

class Filter {
      public:
	void Load(uint32_t offset) { Add(BPF_LD | BPF_W | BPF_ABS, offset); }
	void Return(uint32_t action) { Add(BPF_RET | BPF_K, action); }
	/** When the loaded word is `value`: return `action`. */
	void ReturnIf(uint32_t value, uint32_t action)
	{
		Add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
		Return(action);
	}
	void ReturnUnless(uint32_t value, uint32_t action)
	{
		Add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
		Return(action);
	}
	/** When the loaded word is not `value`: skip the next `count` instructions. */
	void SkipUnless(uint32_t value, uint8_t count)
	{
		Add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
	}
	void ReturnIfAtLeast(uint32_t value, uint32_t action)
	{
		Add(BPF_JMP | BPF_JGE | BPF_K, value, 0, 1);
		Return(action);
	}
	sock_fprog Program() { return {static_cast<unsigned short>(code_.size()), code_.data()}; }

      private:
	void Add(uint16_t code, uint32_t k, uint8_t yes = 0, uint8_t no = 0)
	{
		code_.push_back({code, yes, no, k});
	}
	std::vector<sock_filter> code_;
};

Filter Build(bool sockets)
{
	constexpr uint32_t kNumber = offsetof(seccomp_data, nr);
	constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
	Filter filter;
	filter.Load(offsetof(seccomp_data, arch));
	filter.ReturnUnless(kArch, kRefuse);
	filter.Load(kNumber);
#if defined(__x86_64__)
	constexpr uint32_t kX32 = 0x40000000;
	filter.ReturnIfAtLeast(kX32, kRefuse);
#endif
	for (uint32_t number : kRefused)
		filter.ReturnIf(number, kRefuse);
	if (!sockets)
		filter.ReturnIf(SYS_socket, kRefuse);
	filter.SkipUnless(SYS_bpf, static_cast<uint8_t>(2 + 2 * std::size(kBpfAllowed)));
	filter.Load(offsetof(seccomp_data, args));
	for (uint32_t command : kBpfAllowed)
		filter.ReturnIf(command, SECCOMP_RET_ALLOW);
	filter.Return(kRefuse);
	filter.Return(SECCOMP_RET_ALLOW);
	return filter;
}
} // namespace

Napi::Value RestrictSystemCalls(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Filter filter = Build(BooleanArgument(info[0], "sockets"));
	sock_fprog program = filter.Program();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		Fail(env, "PRIVILEGE_SECCOMP_FAILED", "set no_new_privs", errno);
	// TSYNC puts filter and no_new_privs on every thread; a positive result is one that
	// refused.
	long result =
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (result != 0)
		Fail(env, "PRIVILEGE_SECCOMP_FAILED", "filter system calls on every thread",
		     result < 0 ? errno : ESRCH);
	return env.Undefined();
}
