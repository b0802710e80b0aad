// SPDX-License-Identifier: GPL-2.0-or-later
#include "link.h"
#include "args.h"
#include "env.h"
#include "program.h"
#include <bpf/bpf.h>
#include <cerrno>
#include <unistd.h>
#include <vector>

void Link::Register(Napi::Env env, Napi::Object)
{
	Napi::Function constructor = DefineClass(env, "Link",
						 {
						     InstanceMethod<&Link::Pin>("pin"),
						     InstanceMethod<&Link::Update>("update"),
						     InstanceMethod<&Link::ReadIter>("readIter"),
						     InstanceMethod<&Link::Id>("id"),
						     InstanceMethod<&Link::Disown>("disown"),
						     InstanceMethod<&Link::Close>("close"),
						 });
	EnvData::Of(env).link = Napi::Persistent(constructor);
}

Napi::Value Link::New(Napi::Env env, std::shared_ptr<ObjectState> owner,
		      std::shared_ptr<Attachment> attachment, std::string name)
{
	owner->attachments.insert(attachment);
	return NewHandle(env, EnvData::Of(env).link,
			 LinkState{std::move(owner), std::move(attachment), std::move(name)});
}

Link::Link(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<Link>(info), state_(TakePending<LinkState>(info.Env()))
{
	info.This().As<Napi::Object>().TypeTag(&kTag);
}

std::string Link::Named(const char *operation) const
{
	return std::string(operation) + " link of program " + state_.name;
}

bpf_link *Link::Open(Napi::Env env, const char *operation)
{
	if (!state_.attachment->IsOpen())
		Fail(env, "BPF_CLOSED", Named(operation));
	bpf_link *link = state_.attachment->Link();
	if (link == nullptr)
		Fail(env, "BPF_NOT_SUPPORTED", Named(operation));
	return link;
}

Napi::Value Link::Pin(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	std::string path = TextArgument(info[0], "path");
	int error = bpf_link__pin(Open(env, "pin"), path.c_str());
	if (error != 0)
		Fail(env, "BPF_PIN_FAILED", Named("pin") + " at " + path, -error);
	return env.Undefined();
}

/** (program): the link runs another program from now on. */
Napi::Value Link::Update(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_link *link = Open(env, "update");
	Program &program = HandleArgument<Program>(info[0], "program");
	int error = bpf_link__update_program(link, program.Loaded(env, "use"));
	if (error != 0)
		Fail(env, "BPF_ATTACH_FAILED", Named("update"), -error);
	return env.Undefined();
}

/** => all bytes that an iterator program writes in one run */
Napi::Value Link::ReadIter(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int fd = bpf_iter_create(bpf_link__fd(Open(env, "iterate over")));
	if (fd < 0)
		Fail(env, "BPF_ITER_FAILED", Named("iterate over"), errno);
	std::vector<uint8_t> all;
	for (;;) {
		size_t used = all.size();
		all.resize(used + 65536);
		ssize_t got = read(fd, all.data() + used, 65536);
		all.resize(used + (got > 0 ? static_cast<size_t>(got) : 0));
		if (got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN)))
			continue;
		int error = got < 0 ? errno : 0;
		close(fd);
		if (error != 0)
			Fail(env, "BPF_ITER_FAILED", Named("iterate over"), error);
		return NewBytes(env, all.data(), all.size());
	}
}

/** => the kernel's id of the link, undefined for attachments that have none */
Napi::Value Link::Id(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_link_info about = {};
	uint32_t length = sizeof(about);
	// Attachments by perf event on kernels before 5.15 are links in libbpf only.
	if (bpf_link_get_info_by_fd(bpf_link__fd(Open(env, "inspect")), &about, &length) != 0)
		return env.Undefined();
	return Napi::Number::New(env, about.id);
}

/** What is attached stays when this is closed. */
Napi::Value Link::Disown(const Napi::CallbackInfo &info)
{
	if (!state_.attachment->IsOpen())
		Fail(info.Env(), "BPF_CLOSED", Named("disown"));
	if (!state_.attachment->Disown())
		Fail(info.Env(), "BPF_NOT_SUPPORTED", Named("disown"));
	return info.Env().Undefined();
}

Napi::Value Link::Close(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	LogScope log;
	int error = state_.attachment->Close();
	state_.owner->attachments.erase(state_.attachment);
	if (error != 0)
		Fail(env, "BPF_DETACH_FAILED", Named("close"), -error, log.text());
	return env.Undefined();
}
