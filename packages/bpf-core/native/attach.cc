// SPDX-License-Identifier: GPL-2.0-or-later
//
// The attach calls of a program, each named as libbpf names it.
#include "args.h"
#include "env.h"
#include "link.h"
#include "map.h"
#include "program.h"
#include "tc.h"
#include <bpf/bpf.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

Napi::Value Program::Attached(Napi::Env env, bpf_link *link, const std::string &hook,
			      const LogScope &log)
{
	if (link == nullptr)
		Fail(env, "BPF_ATTACH_FAILED", Named("attach") + " to " + hook, errno, log.text());
	return Link::New(env, state_.owner, std::make_shared<LinkAttachment>(link), name_);
}

/** By its section name. */
Napi::Value Program::Attach(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	LogScope log;
	return Attached(env, bpf_program__attach(program), bpf_program__section_name(program), log);
}

/** ({ function, retprobe, offset?, cookie? }) */
Napi::Value Program::AttachKprobe(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	Napi::Object given = ObjectArgument(info[0], "options");
	std::string function = TextArgument(given.Get("function"), "function", 256);
	LIBBPF_OPTS(bpf_kprobe_opts, options);
	options.retprobe = BooleanArgument(given.Get("retprobe"), "retprobe");
	options.offset =
	    static_cast<size_t>(OptionalInteger(given.Get("offset"), "offset", 0, UINT32_MAX, 0));
	if (!given.Get("cookie").IsUndefined())
		options.bpf_cookie = BigArgument(given.Get("cookie"), "cookie");
	LogScope log;
	return Attached(env, bpf_program__attach_kprobe_opts(program, function.c_str(), &options),
			"kernel function " + function, log);
}

/** ({ pid, path, function?, offset?, retprobe, cookie? }); pid -1 is every process, 0 this one */
Napi::Value Program::AttachUprobe(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	Napi::Object given = ObjectArgument(info[0], "options");
	std::string path = TextArgument(given.Get("path"), "path");
	std::string function = OptionalText(given.Get("function"), "function", 4096);
	auto pid = static_cast<pid_t>(IntegerArgument(given.Get("pid"), "pid", -1, INT32_MAX));
	auto offset = static_cast<size_t>(
	    OptionalInteger(given.Get("offset"), "offset", 0, INT64_C(1) << 52, 0));
	LIBBPF_OPTS(bpf_uprobe_opts, options);
	options.func_name = function.empty() ? nullptr : function.c_str();
	options.retprobe = BooleanArgument(given.Get("retprobe"), "retprobe");
	if (!given.Get("cookie").IsUndefined())
		options.bpf_cookie = BigArgument(given.Get("cookie"), "cookie");
	LogScope log;
	return Attached(
	    env, bpf_program__attach_uprobe_opts(program, pid, path.c_str(), offset, &options),
	    path + (function.empty() ? "" : ":" + function) + "+" + std::to_string(offset), log);
}

Napi::Value Program::AttachTracepoint(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	std::string category = TextArgument(info[0], "category", 256);
	std::string name = TextArgument(info[1], "name", 256);
	LogScope log;
	return Attached(env,
			bpf_program__attach_tracepoint(program, category.c_str(), name.c_str()),
			"tracepoint " + category + "/" + name, log);
}

/** (name, cookie?) */
Napi::Value Program::AttachRawTracepoint(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	std::string name = TextArgument(info[0], "name", 256);
	LIBBPF_OPTS(bpf_raw_tracepoint_opts, options);
	if (!info[1].IsUndefined())
		options.cookie = BigArgument(info[1], "cookie");
	LogScope log;
	return Attached(env,
			bpf_program__attach_raw_tracepoint_opts(program, name.c_str(), &options),
			"raw tracepoint " + name, log);
}

Napi::Value Program::AttachTrace(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	LogScope log;
	return Attached(env, bpf_program__attach_trace(program), bpf_program__section_name(program),
			log);
}

Napi::Value Program::AttachLsm(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	LogScope log;
	return Attached(env, bpf_program__attach_lsm(program), bpf_program__section_name(program),
			log);
}

/** (path of a cgroup v2 folder | open fd) */
Napi::Value Program::AttachCgroup(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	if (info[0].IsNumber()) {
		auto fd = static_cast<int>(IntegerArgument(info[0], "cgroup", 0, INT32_MAX));
		LogScope log;
		return Attached(env, bpf_program__attach_cgroup(program, fd),
				"cgroup fd " + std::to_string(fd), log);
	}
	std::string path = TextArgument(info[0], "cgroup");
	int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		Fail(env, "BPF_ATTACH_FAILED", Named("attach") + " to cgroup " + path, errno);
	LogScope log;
	bpf_link *link = bpf_program__attach_cgroup(program, fd);
	int error = errno;
	close(fd);
	errno = error;
	return Attached(env, link, "cgroup " + path, log);
}

/** (ifindex); ingress or egress by the section name (tcx/ingress). Since Linux 6.6. */
Napi::Value Program::AttachTcx(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	auto ifindex = static_cast<int>(IntegerArgument(info[0], "ifindex", 1, INT32_MAX));
	LIBBPF_OPTS(bpf_tcx_opts, options);
	LogScope log;
	return Attached(env, bpf_program__attach_tcx(program, ifindex, &options),
			"tcx of interface " + std::to_string(ifindex), log);
}

/** (ifindex) */
Napi::Value Program::AttachXdp(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	auto ifindex = static_cast<int>(IntegerArgument(info[0], "ifindex", 1, INT32_MAX));
	LogScope log;
	return Attached(env, bpf_program__attach_xdp(program, ifindex),
			"xdp of interface " + std::to_string(ifindex), log);
}

/** ({ map?, cgroupFd?, pid?, tid? }): which elements the iterator visits */
Napi::Value Program::AttachIter(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	Napi::Object given = ObjectArgument(info[0], "options");
	union bpf_iter_link_info about;
	memset(&about, 0, sizeof(about));
	bool any = true;
	if (!given.Get("map").IsUndefined()) {
		Map &map = HandleArgument<Map>(given.Get("map"), "map");
		about.map.map_fd = static_cast<uint32_t>(map.Fd(env, "iterate over"));
	} else if (!given.Get("cgroupFd").IsUndefined()) {
		about.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
		about.cgroup.cgroup_fd = static_cast<uint32_t>(
		    IntegerArgument(given.Get("cgroupFd"), "cgroupFd", 0, INT32_MAX));
	} else if (!given.Get("pid").IsUndefined()) {
		about.task.pid =
		    static_cast<uint32_t>(IntegerArgument(given.Get("pid"), "pid", 1, INT32_MAX));
	} else if (!given.Get("tid").IsUndefined()) {
		about.task.tid =
		    static_cast<uint32_t>(IntegerArgument(given.Get("tid"), "tid", 1, INT32_MAX));
	} else {
		any = false;
	}
	LIBBPF_OPTS(bpf_iter_attach_opts, options);
	options.link_info = any ? &about : nullptr;
	options.link_info_len = any ? sizeof(about) : 0;
	LogScope log;
	return Attached(env, bpf_program__attach_iter(program, &options),
			bpf_program__section_name(program), log);
}

/** ({ ifindex, direction, handle, priority }): a filter of clsact, for kernels without tcx */
Napi::Value Program::AttachTc(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "attach");
	TcPlace place = TcPlaceArgument(info[0]);
	auto filter = TcFilter::Attach(env, place, bpf_program__fd(program), name_);
	return Link::New(env, state_.owner, std::move(filter), name_);
}
