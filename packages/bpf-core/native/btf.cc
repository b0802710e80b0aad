// SPDX-License-Identifier: GPL-2.0-or-later
#include "btf.h"
#include "args.h"
#include "layout.h"
#include <cerrno>

void Btf::Register(Napi::Env env, Napi::Object exports)
{
	exports.Set("Btf", DefineClass(env, "Btf",
				       {
					   InstanceMethod<&Btf::Struct>("struct"),
					   InstanceMethod<&Btf::Func>("func"),
					   InstanceMethod<&Btf::HasTypedef>("hasTypedef"),
					   InstanceMethod<&Btf::Close>("close"),
				       }));
}

/** (path): raw BTF, or an ELF file that has it */
Btf::Btf(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Btf>(info)
{
	Napi::Env env = info.Env();
	info.This().As<Napi::Object>().TypeTag(&kTag);
	path_ = TextArgument(info[0], "path");
	LogScope log;
	types_ = btf__parse(path_.c_str(), nullptr);
	if (types_ == nullptr)
		Fail(env, "BPF_BTF_FAILED", "read BTF of " + path_, errno, log.text());
}

Btf::~Btf()
{
	btf__free(types_);
}

btf *Btf::Open(Napi::Env env, const char *operation)
{
	if (types_ == nullptr)
		Fail(env, "BPF_CLOSED", std::string(operation) + " BTF of " + path_);
	return types_;
}

Napi::Value Btf::Struct(const Napi::CallbackInfo &info)
{
	btf *types = Open(info.Env(), "look up in");
	return StructByName(info.Env(), types, TextArgument(info[0], "name", 256));
}

/** (name) => { name, params: how many, paramNames } or undefined */
Napi::Value Btf::Func(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	btf *types = Open(env, "look up in");
	std::string name = TextArgument(info[0], "name", 256);
	int32_t id = btf__find_by_name_kind(types, name.c_str(), BTF_KIND_FUNC);
	if (id < 0)
		return env.Undefined();
	const btf_type *function = btf__type_by_id(types, static_cast<uint32_t>(id));
	const btf_type *prototype = btf__type_by_id(types, function->type);
	if (prototype == nullptr || !btf_is_func_proto(prototype))
		return env.Undefined();
	Napi::Array names = Napi::Array::New(env, btf_vlen(prototype));
	for (unsigned i = 0; i < btf_vlen(prototype); i++)
		names.Set(i, btf__name_by_offset(types, btf_params(prototype)[i].name_off));
	Napi::Object out = Napi::Object::New(env);
	out.Set("name", name);
	out.Set("params", btf_vlen(prototype));
	out.Set("paramNames", names);
	return out;
}

Napi::Value Btf::HasTypedef(const Napi::CallbackInfo &info)
{
	btf *types = Open(info.Env(), "look up in");
	std::string name = TextArgument(info[0], "name", 256);
	return Napi::Boolean::New(
	    info.Env(), btf__find_by_name_kind(types, name.c_str(), BTF_KIND_TYPEDEF) > 0);
}

Napi::Value Btf::Close(const Napi::CallbackInfo &info)
{
	btf__free(std::exchange(types_, nullptr));
	return info.Env().Undefined();
}
