// SPDX-License-Identifier: GPL-2.0-or-later
//
// The filter that a process puts on itself once it has all it needs.
#pragma once
#include <napi.h>

/**
 * (sockets: boolean): on every thread, now and later, and for good: no execve, ptrace, mounts,
 * namespaces, modules, perf events, io_uring, keys, and of bpf() only map reads; new sockets only
 * if `sockets`. Refused calls fail with EPERM. Sets no_new_privs. Throws PRIVILEGE_SECCOMP_FAILED.
 */
Napi::Value RestrictSystemCalls(const Napi::CallbackInfo &info);
