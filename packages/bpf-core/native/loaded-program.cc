// SPDX-License-Identifier: GPL-2.0-or-later
#include "loaded-program.h"
#include "args.h"
#include "link.h"
#include "tc.h"
#include <bpf/bpf.h>
#include <cerrno>
#include <unistd.h>
#include <utility>

namespace {
/** A link that is nothing but its descriptor. */
struct FdAttachment final : Attachment {
	explicit FdAttachment(int link) : fd(link) {}
	~FdAttachment() override { Close(); }
	int Close() override
	{
		int mine = std::exchange(fd, -1);
		return mine < 0 || close(mine) == 0 ? 0 : -errno;
	}
	bool IsOpen() const override { return fd >= 0; }

	int fd;
};
} // namespace

void LoadedProgram::Register(Napi::Env env, Napi::Object exports)
{
	exports.Set("LoadedProgram",
		    DefineClass(env, "LoadedProgram",
				{
				    InstanceMethod<&LoadedProgram::Name>("name"),
				    InstanceMethod<&LoadedProgram::AttachTcx>("attachTcx"),
				    InstanceMethod<&LoadedProgram::AttachTc>("attachTc"),
				    InstanceMethod<&LoadedProgram::AdoptTc>("adoptTc"),
				    InstanceMethod<&LoadedProgram::Close>("close"),
				}));
}

/** (id) */
LoadedProgram::LoadedProgram(const Napi::CallbackInfo &info) : Napi::ObjectWrap<LoadedProgram>(info)
{
	Napi::Env env = info.Env();
	auto id = static_cast<uint32_t>(IntegerArgument(info[0], "id", 1, UINT32_MAX));
	fd_ = bpf_prog_get_fd_by_id(id);
	bpf_prog_info about = {};
	uint32_t length = sizeof(about);
	if (fd_ < 0 || bpf_prog_get_info_by_fd(fd_, &about, &length) != 0)
		Fail(env, "BPF_NO_SUCH_PROGRAM", "open the program of id " + std::to_string(id),
		     errno);
	name_ = about.name;
}

LoadedProgram::~LoadedProgram()
{
	if (fd_ >= 0)
		close(fd_);
}

int LoadedProgram::Open(Napi::Env env)
{
	if (fd_ < 0)
		Fail(env, "BPF_CLOSED", "attach program " + name_);
	return fd_;
}

/** => its name, of which the kernel keeps 15 bytes */
Napi::Value LoadedProgram::Name(const Napi::CallbackInfo &info)
{
	return Napi::String::New(info.Env(), name_);
}

/** (ifindex, 'ingress' | 'egress'): before all other programs there. */
Napi::Value LoadedProgram::AttachTcx(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int program = Open(env);
	auto ifindex = static_cast<int>(IntegerArgument(info[0], "ifindex", 1, INT32_MAX));
	bool ingress = TextArgument(info[1], "direction", 16) == "ingress";
	LIBBPF_OPTS(bpf_link_create_opts, options);
	options.flags = BPF_F_BEFORE;
	int link =
	    bpf_link_create(program, ifindex, ingress ? BPF_TCX_INGRESS : BPF_TCX_EGRESS, &options);
	if (link < 0)
		Fail(env, "BPF_ATTACH_FAILED",
		     "attach program " + name_ + " to tcx of interface " + std::to_string(ifindex),
		     -link);
	return Link::New(env, links_, std::make_shared<FdAttachment>(link), name_);
}

/** (place): see Program::AttachTc */
Napi::Value LoadedProgram::AttachTc(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int program = Open(env);
	auto filter = TcFilter::Attach(env, TcPlaceArgument(info[0]), program, name_);
	return Link::New(env, links_, std::move(filter), name_);
}

/** (place) => a link to the filter there, which runs this program and somebody else attached */
Napi::Value LoadedProgram::AdoptTc(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	auto filter = TcFilter::Adopt(env, TcPlaceArgument(info[0]), Open(env));
	return Link::New(env, links_, std::move(filter), name_);
}

/** Detaches what was attached here. */
Napi::Value LoadedProgram::Close(const Napi::CallbackInfo &info)
{
	links_->Close();
	if (fd_ >= 0)
		close(std::exchange(fd_, -1));
	return info.Env().Undefined();
}
