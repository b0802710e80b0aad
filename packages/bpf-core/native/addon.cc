// SPDX-License-Identifier: GPL-2.0-or-later
//
// Registers the addon with one environment: the main thread's or a worker's.
#include "args.h"
#include "btf.h"
#include "env.h"
#include "interfaces.h"
#include "link.h"
#include "loaded-program.h"
#include "map.h"
#include "netns.h"
#include "object.h"
#include "probe.h"
#include "program.h"
#include "ring-buffer.h"
#include "seccomp.h"
#include "tc.h"
#include "xattr.h"

namespace {
/** (makeError): src/errors.ts hands over the maker of its exceptions. */
Napi::Value SetErrorFactory(const Napi::CallbackInfo &info)
{
	if (!info[0].IsFunction())
		throw Napi::TypeError::New(info.Env(), "makeError must be a function");
	EnvData::Of(info.Env()).makeError = Napi::Persistent(info[0].As<Napi::Function>());
	return info.Env().Undefined();
}
} // namespace

static Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	env.SetInstanceData(new EnvData());
	InstallLogSink();
	Object::Register(env, exports);
	Program::Register(env, exports);
	Map::Register(env, exports);
	Link::Register(env, exports);
	RingBuffer::Register(env, exports);
	LoadedProgram::Register(env, exports);
	InterfaceMonitor::Register(env, exports);
	Btf::Register(env, exports);
	RegisterProbes(env, exports);
	exports.Set("setErrorFactory", Napi::Function::New<SetErrorFactory>(env));
	exports.Set("extendedAttributes", Napi::Function::New<ExtendedAttributes>(env));
	exports.Set("inNetns", Napi::Function::New<InNetns>(env));
	exports.Set("interfaces", Napi::Function::New<Interfaces>(env));
	exports.Set("tcFilters", Napi::Function::New<TcFilters>(env));
	exports.Set("removeTc", Napi::Function::New<RemoveTc>(env));
	exports.Set("restrictSystemCalls", Napi::Function::New<RestrictSystemCalls>(env));
	return exports;
}

NODE_API_MODULE(bpf_core, Init)
