// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc.h"
#include "args.h"
#include "netns.h"
#include "tc-filters.h"
#include <bpf/bpf.h>
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {
bpf_tc_hook HookOf(const TcPlace &place)
{
	LIBBPF_OPTS(bpf_tc_hook, hook);
	hook.ifindex = place.ifindex;
	hook.attach_point = place.direction;
	return hook;
}

/** Id of the program whose filter sits at the place; 0 when there is none. */
uint32_t ProgramAt(const TcPlace &place)
{
	bpf_tc_hook hook = HookOf(place);
	LIBBPF_OPTS(bpf_tc_opts, options);
	options.handle = place.handle;
	options.priority = place.priority;
	return bpf_tc_query(&hook, &options) == 0 ? options.prog_id : 0;
}

int Detach(const TcPlace &place)
{
	bpf_tc_hook hook = HookOf(place);
	LIBBPF_OPTS(bpf_tc_opts, options);
	options.handle = place.handle;
	options.priority = place.priority;
	return bpf_tc_detach(&hook, &options);
}

/** Whether a program carries this name, of which the kernel keeps 15 bytes. */
bool IsNamed(uint32_t programId, const std::string &name)
{
	int fd = bpf_prog_get_fd_by_id(programId);
	if (fd < 0)
		return false;
	bpf_prog_info about = {};
	uint32_t length = sizeof(about);
	int error = bpf_prog_get_info_by_fd(fd, &about, &length);
	close(fd);
	return error == 0 && name.compare(0, BPF_OBJ_NAME_LEN - 1, about.name) == 0;
}

uint32_t IdOf(int programFd)
{
	bpf_prog_info about = {};
	uint32_t length = sizeof(about);
	return bpf_prog_get_info_by_fd(programFd, &about, &length) == 0 ? about.id : 0;
}

int DestroyQdisc(int ifindex)
{
	bpf_tc_hook hook = HookOf({ifindex, BPF_TC_INGRESS, 0, 0, 0});
	hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
	return bpf_tc_hook_destroy(&hook);
}

/** Removes clsact if this process made it and no filter, of ours or others, is on it. */
void DropQdisc(Qdiscs &qdiscs, int netns, int ifindex)
{
	auto made = qdiscs.find({NetnsInode(netns), ifindex});
	if (made == qdiscs.end() || CountFilters(ifindex) != 0)
		return;
	if (DestroyQdisc(ifindex) == 0)
		qdiscs.erase(made);
}

/** Removes a filter that an earlier run of ours could not remove; 0, -ENOENT or the error. */
int RemoveLeftOver(const TcPlace &place, const std::string &programName)
{
	uint32_t present = ProgramAt(place);
	if (present == 0)
		return -ENOENT;
	return IsNamed(present, programName) ? Detach(place) : -EEXIST;
}
} // namespace

TcPlace TcPlaceArgument(const Napi::Value &value)
{
	Napi::Object given = ObjectArgument(value, "options");
	TcPlace place;
	place.ifindex =
	    static_cast<int>(IntegerArgument(given.Get("ifindex"), "ifindex", 1, INT32_MAX));
	std::string direction = TextArgument(given.Get("direction"), "direction", 16);
	if (direction != "ingress" && direction != "egress")
		FailArgument(value.Env(), "direction", "ingress or egress");
	place.direction = direction == "ingress" ? BPF_TC_INGRESS : BPF_TC_EGRESS;
	place.handle =
	    static_cast<uint32_t>(IntegerArgument(given.Get("handle"), "handle", 1, UINT32_MAX));
	place.priority = static_cast<uint32_t>(
	    IntegerArgument(given.Get("priority"), "priority", 1, UINT16_MAX));
	place.handleOfOurs = static_cast<uint32_t>(
	    OptionalInteger(given.Get("handleOfOurs"), "handleOfOurs", 0, UINT32_MAX, 0));
	return place;
}

std::shared_ptr<TcFilter> TcFilter::Attach(Napi::Env env, const TcPlace &given, int programFd,
					   const std::string &programName)
{
	std::shared_ptr<Qdiscs> qdiscs = EnvData::Of(env).qdiscs;
	std::string operation = "attach program " + programName + " to tc of interface " +
				std::to_string(given.ifindex);
	LogScope log;
	bpf_tc_hook hook = HookOf(given);
	int error = bpf_tc_hook_create(&hook);
	if (error != 0 && error != -EEXIST)
		Fail(env, "BPF_ATTACH_FAILED", operation, -error, log.text());
	int netns = OpenCurrentNetns();
	if (netns < 0)
		Fail(env, "BPF_ATTACH_FAILED", operation, errno);
	if (error == 0)
		qdiscs->insert({NetnsInode(netns), given.ifindex});
	TcPlace place = given;
	if (place.handleOfOurs != 0 && qdiscs->count({NetnsInode(netns), place.ifindex}) != 0)
		place.handle = place.handleOfOurs;

	error = RemoveLeftOver(place, programName);
	if (error == 0 || error == -ENOENT) {
		LIBBPF_OPTS(bpf_tc_opts, options);
		options.prog_fd = programFd;
		options.handle = place.handle;
		options.priority = place.priority;
		error = bpf_tc_attach(&hook, &options);
	}
	if (error != 0) {
		DropQdisc(*qdiscs, netns, place.ifindex);
		close(netns);
		Fail(env, error == -EEXIST ? "BPF_TC_OCCUPIED" : "BPF_ATTACH_FAILED", operation,
		     -error, log.text());
	}
	return std::make_shared<TcFilter>(qdiscs, place, netns, IdOf(programFd));
}

std::shared_ptr<TcFilter> TcFilter::Adopt(Napi::Env env, const TcPlace &place, int programFd)
{
	std::string operation = "adopt a tc filter of interface " + std::to_string(place.ifindex);
	uint32_t program = IdOf(programFd);
	if (program == 0 || ProgramAt(place) != program)
		Fail(env, "BPF_ATTACH_FAILED", operation, ENOENT);
	int netns = OpenCurrentNetns();
	if (netns < 0)
		Fail(env, "BPF_ATTACH_FAILED", operation, errno);
	std::shared_ptr<Qdiscs> qdiscs = EnvData::Of(env).qdiscs;
	if (place.handle == place.handleOfOurs)
		qdiscs->insert({NetnsInode(netns), place.ifindex});
	return std::make_shared<TcFilter>(qdiscs, place, netns, program);
}

bool TcFilter::Disown()
{
	if (std::exchange(open_, false))
		close(netns_);
	return true;
}

int TcFilter::Close()
{
	if (!open_)
		return 0;
	open_ = false;
	LogScope log;
	NetnsScope scope(netns_);
	int error = scope.error() == 0 ? 0 : -scope.error();
	// Somebody may have put another program in our place meanwhile; that one stays.
	if (error == 0 && ProgramAt(place_) == programId_)
		error = Detach(place_);
	if (error == 0)
		DropQdisc(*qdiscs_, netns_, place_.ifindex);
	close(netns_);
	return error;
}

Napi::Value RemoveTc(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	TcPlace place = TcPlaceArgument(info[0]);
	std::string name = TextArgument(info[1], "program", 256);
	LogScope log;
	int error = RemoveLeftOver(place, name);
	if (error != 0 && error != -ENOENT && error != -EEXIST)
		Fail(env, "BPF_DETACH_FAILED", "remove the tc filter of program " + name, -error,
		     log.text());
	bool drop = !info[2].IsUndefined() && BooleanArgument(info[2], "qdisc");
	if (error == 0 && drop && CountFilters(place.ifindex) == 0)
		DestroyQdisc(place.ifindex);
	return Napi::Boolean::New(env, error == 0);
}

Napi::Value TcFilters(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	auto ifindex = static_cast<int>(IntegerArgument(info[0], "ifindex", 1, INT32_MAX));
	bool ingress = TextArgument(info[1], "direction", 16) == "ingress";
	std::vector<BpfFilter> filters;
	if (!ListBpfFilters(ifindex, ingress, filters))
		Fail(env, "BPF_NETWORK_FAILED",
		     "list the tc filters of interface " + std::to_string(ifindex), EIO);
	Napi::Array list = Napi::Array::New(env);
	for (const BpfFilter &filter : filters) {
		Napi::Object about = Napi::Object::New(env);
		about.Set("priority", Napi::Number::New(env, filter.priority));
		about.Set("handle", Napi::Number::New(env, filter.handle));
		about.Set("programId", Napi::Number::New(env, filter.programId));
		about.Set("name", Napi::String::New(env, filter.name));
		list.Set(list.Length(), about);
	}
	return list;
}
