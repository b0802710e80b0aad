// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns.h"
#include "args.h"
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

int OpenCurrentNetns()
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

uint64_t NetnsInode(int fd)
{
	char target[64] = {};
	std::string link = "/proc/self/fd/" + std::to_string(fd);
	if (readlink(link.c_str(), target, sizeof(target) - 1) < 0)
		return 0;
	unsigned long long inode = 0;
	return sscanf(target, "net:[%llu]", &inode) == 1 ? inode : 0;
}

NetnsScope::NetnsScope(int fd)
{
	before_ = OpenCurrentNetns();
	if (before_ < 0) {
		error_ = errno;
	} else if (NetnsInode(before_) == NetnsInode(fd)) {
		close(before_);
		before_ = -1;
	} else if (setns(fd, CLONE_NEWNET) != 0) {
		error_ = errno;
		close(before_);
		before_ = -1;
	}
}

NetnsScope::~NetnsScope()
{
	if (before_ < 0)
		return;
	// A thread left in a foreign namespace would act on interfaces nobody meant.
	if (setns(before_, CLONE_NEWNET) != 0)
		abort();
	close(before_);
}

Napi::Value InNetns(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	std::string path = TextArgument(info[0], "path");
	if (!info[1].IsFunction())
		FailArgument(env, "callback", "a function");
	int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
	int error = fd < 0 ? errno : 0;
	if (error == 0) {
		NetnsScope scope(fd);
		close(fd);
		error = scope.error();
		if (error == 0)
			return info[1].As<Napi::Function>().Call({});
	}
	Fail(env, "BPF_NETNS_FAILED", "enter network namespace " + path, error);
}
