// SPDX-License-Identifier: GPL-2.0-or-later
//
// The network namespace of the calling thread. Interface numbers mean nothing without it.
#pragma once
#include <cstdint>
#include <napi.h>

/** Opens the calling thread's namespace: an fd of the caller's, or -1 with errno. */
int OpenCurrentNetns();

/** Inode of the namespace behind an fd, or 0. */
uint64_t NetnsInode(int fd);

/** Puts the calling thread into another namespace until the scope ends. */
class NetnsScope {
      public:
	/** fd: the namespace to enter. */
	explicit NetnsScope(int fd);
	~NetnsScope();
	NetnsScope(const NetnsScope &) = delete;
	NetnsScope &operator=(const NetnsScope &) = delete;

	/** 0, or the errno why the namespace could not be entered. */
	int error() const { return error_; }

      private:
	int before_ = -1;
	int error_ = 0;
};

/** (path, callback): runs the callback inside the namespace and returns its result. */
Napi::Value InNetns(const Napi::CallbackInfo &info);
