// SPDX-License-Identifier: GPL-2.0-or-later
#include "program.h"
#include "args.h"
#include "env.h"
#include <bpf/bpf.h>
#include <cerrno>
#include <vector>

void Program::Register(Napi::Env env, Napi::Object)
{
	Napi::Function constructor =
	    DefineClass(env, "Program",
			{
			    InstanceMethod<&Program::About>("about"),
			    InstanceMethod<&Program::Autoload>("autoload"),
			    InstanceMethod<&Program::SetAutoload>("setAutoload"),
			    InstanceMethod<&Program::SetAttachTarget>("setAttachTarget"),
			    InstanceMethod<&Program::Info>("info"),
			    InstanceMethod<&Program::TestRun>("testRun"),
			    InstanceMethod<&Program::Attach>("attach"),
			    InstanceMethod<&Program::AttachKprobe>("attachKprobe"),
			    InstanceMethod<&Program::AttachUprobe>("attachUprobe"),
			    InstanceMethod<&Program::AttachTracepoint>("attachTracepoint"),
			    InstanceMethod<&Program::AttachRawTracepoint>("attachRawTracepoint"),
			    InstanceMethod<&Program::AttachTrace>("attachTrace"),
			    InstanceMethod<&Program::AttachLsm>("attachLsm"),
			    InstanceMethod<&Program::AttachCgroup>("attachCgroup"),
			    InstanceMethod<&Program::AttachTcx>("attachTcx"),
			    InstanceMethod<&Program::AttachXdp>("attachXdp"),
			    InstanceMethod<&Program::AttachIter>("attachIter"),
			    InstanceMethod<&Program::AttachTc>("attachTc"),
			});
	EnvData::Of(env).program = Napi::Persistent(constructor);
}

Napi::Value Program::New(Napi::Env env, ProgramState state)
{
	return NewHandle(env, EnvData::Of(env).program, std::move(state));
}

Program::Program(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<Program>(info), state_(TakePending<ProgramState>(info.Env())),
      name_(bpf_program__name(state_.program))
{
	info.This().As<Napi::Object>().TypeTag(&kTag);
}

std::string Program::Named(const char *operation) const
{
	return std::string(operation) + " program " + name_;
}

bpf_program *Program::Open(Napi::Env env, const char *operation)
{
	if (state_.owner->object == nullptr)
		Fail(env, "BPF_CLOSED", Named(operation));
	return state_.program;
}

bpf_program *Program::Loaded(Napi::Env env, const char *operation)
{
	bpf_program *program = Open(env, operation);
	if (!state_.owner->loaded || bpf_program__fd(program) < 0)
		Fail(env, "BPF_NOT_LOADED", Named(operation));
	return program;
}

bpf_program *Program::Unloaded(Napi::Env env, const char *operation)
{
	bpf_program *program = Open(env, operation);
	if (state_.owner->loaded || state_.owner->failed)
		Fail(env, "BPF_ALREADY_LOADED", Named(operation));
	return program;
}

/** => { name, section, type, expectedAttachType }; what the object file says */
Napi::Value Program::About(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Open(env, "inspect");
	const char *type = libbpf_bpf_prog_type_str(bpf_program__type(program));
	const char *attach = libbpf_bpf_attach_type_str(bpf_program__expected_attach_type(program));
	Napi::Object out = Napi::Object::New(env);
	out.Set("name", name_);
	out.Set("section", bpf_program__section_name(program));
	out.Set("type", type == nullptr ? "unknown" : type);
	out.Set("expectedAttachType", attach == nullptr ? "unknown" : attach);
	return out;
}

Napi::Value Program::Autoload(const Napi::CallbackInfo &info)
{
	return Napi::Boolean::New(info.Env(), bpf_program__autoload(Open(info.Env(), "inspect")));
}

Napi::Value Program::SetAutoload(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Unloaded(env, "set autoload of");
	int error = bpf_program__set_autoload(program, BooleanArgument(info[0], "autoload"));
	if (error != 0)
		Fail(env, "BPF_ALREADY_LOADED", Named("set autoload of"), -error);
	return env.Undefined();
}

/** (kernel function): what an fentry, fexit, lsm, iter or tp_btf program attaches to. */
Napi::Value Program::SetAttachTarget(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Unloaded(env, "set the target of");
	std::string target = TextArgument(info[0], "target", 256);
	LogScope log;
	int error = bpf_program__set_attach_target(program, 0, target.c_str());
	if (error != 0)
		Fail(env, "BPF_NO_SUCH_TARGET", Named("set the target of") + " to " + target,
		     -error, log.text());
	return env.Undefined();
}

/** => what the kernel knows about it; numbers that may pass 2^53 as bigint */
Napi::Value Program::Info(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_prog_info about = {};
	uint32_t length = sizeof(about);
	int error =
	    bpf_prog_get_info_by_fd(bpf_program__fd(Loaded(env, "inspect")), &about, &length);
	if (error != 0)
		Fail(env, "BPF_INFO_FAILED", Named("inspect"), -error);
	char tag[2 * BPF_TAG_SIZE + 1];
	for (int i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(tag + 2 * i, 3, "%02x", about.tag[i]);
	Napi::Object out = Napi::Object::New(env);
	out.Set("id", about.id);
	out.Set("tag", tag);
	out.Set("runTimeNs", Napi::BigInt::New(env, static_cast<uint64_t>(about.run_time_ns)));
	out.Set("runCount", Napi::BigInt::New(env, static_cast<uint64_t>(about.run_cnt)));
	out.Set("recursionMisses",
		Napi::BigInt::New(env, static_cast<uint64_t>(about.recursion_misses)));
	out.Set("verifiedInsns", about.verified_insns);
	out.Set("xlatedBytes", about.xlated_prog_len);
	out.Set("jitedBytes", about.jited_prog_len);
	return out;
}

/** ({ data?, ctx?, repeat? }) => { result, durationNs, data, ctx } */
Napi::Value Program::TestRun(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_program *program = Loaded(env, "run");
	Napi::Object given = ObjectArgument(info[0], "options");
	Napi::Value data = given.Get("data"), context = given.Get("ctx");
	LIBBPF_OPTS(bpf_test_run_opts, options);
	std::vector<uint8_t> dataOut, contextOut;
	if (!data.IsUndefined()) {
		Bytes bytes = BytesArgument(data, "data");
		options.data_in = bytes.data;
		options.data_size_in = static_cast<uint32_t>(bytes.length);
		// A program may make room in front of a packet.
		dataOut.resize(bytes.length + 256);
		options.data_out = dataOut.data();
		options.data_size_out = static_cast<uint32_t>(dataOut.size());
	}
	if (!context.IsUndefined()) {
		Bytes bytes = BytesArgument(context, "ctx");
		contextOut.assign(bytes.data, bytes.data + bytes.length);
		options.ctx_in = contextOut.data();
		options.ctx_size_in = static_cast<uint32_t>(bytes.length);
		// These types take no second buffer; syscall programs write into the first.
		bpf_prog_type type = bpf_program__type(program);
		if (type != BPF_PROG_TYPE_RAW_TRACEPOINT && type != BPF_PROG_TYPE_SYSCALL) {
			options.ctx_out = contextOut.data();
			options.ctx_size_out = options.ctx_size_in;
		}
	}
	options.repeat =
	    static_cast<int>(OptionalInteger(given.Get("repeat"), "repeat", 0, 1 << 30, 0));
	int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
	if (error != 0)
		Fail(env, "BPF_TEST_RUN_FAILED", Named("run"), -error);
	Napi::Object out = Napi::Object::New(env);
	out.Set("result", options.retval);
	out.Set("durationNs", options.duration);
	size_t used = std::min<size_t>(options.data_size_out, dataOut.size());
	out.Set("data", NewBytes(env, dataOut.data(), used));
	out.Set("ctx", NewBytes(env, contextOut.data(), contextOut.size()));
	return out;
}
