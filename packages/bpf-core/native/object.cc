// SPDX-License-Identifier: GPL-2.0-or-later
#include "object.h"
#include "args.h"
#include "env.h"
#include "layout.h"
#include "map.h"
#include "program.h"
#include <bpf/btf.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

void ObjectState::Close()
{
	// Some links (USDT) use memory of their object, so they go first.
	for (const auto &attachment : attachments)
		attachment->Close();
	attachments.clear();
	bpf_object__close(std::exchange(object, nullptr));
}

void Object::Register(Napi::Env env, Napi::Object exports)
{
	exports.Set("Object", DefineClass(env, "Object",
					  {
					      InstanceMethod<&Object::Programs>("programs"),
					      InstanceMethod<&Object::Maps>("maps"),
					      InstanceMethod<&Object::Load>("load"),
					      InstanceMethod<&Object::Struct>("struct"),
					      InstanceMethod<&Object::Variable>("variable"),
					      InstanceMethod<&Object::SetVariable>("setVariable"),
					      InstanceMethod<&Object::IsLoaded>("isLoaded"),
					      InstanceMethod<&Object::Close>("close"),
					  }));
}

/** (path | bytes, name, btf path | undefined, pin root | undefined) */
Object::Object(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<Object>(info), state_(std::make_shared<ObjectState>())
{
	Napi::Env env = info.Env();
	info.This().As<Napi::Object>().TypeTag(&kTag);
	name_ = TextArgument(info[1], "name");
	std::string btf = OptionalText(info[2], "btf");
	std::string pinRoot = OptionalText(info[3], "pinRoot");
	LIBBPF_OPTS(bpf_object_open_opts, options);
	options.object_name = name_.c_str();
	options.btf_custom_path = btf.empty() ? nullptr : btf.c_str();
	options.pin_root_path = pinRoot.empty() ? nullptr : pinRoot.c_str();

	LogScope log;
	if (info[0].IsString()) {
		std::string path = TextArgument(info[0], "path");
		state_->object = bpf_object__open_file(path.c_str(), &options);
	} else {
		// A copy: libelf wants it aligned, and a shared buffer could change meanwhile.
		Bytes bytes = BytesArgument(info[0], "source");
		std::vector<uint64_t> copy((bytes.length + 7) / 8 + 1);
		memcpy(copy.data(), bytes.data, bytes.length);
		state_->object = bpf_object__open_mem(copy.data(), bytes.length, &options);
	}
	if (state_->object == nullptr)
		Fail(env, "BPF_OPEN_FAILED", "open object " + name_, errno, log.text());
}

bpf_object *Object::Open(Napi::Env env, const char *operation)
{
	if (state_->object == nullptr)
		Fail(env, "BPF_CLOSED", std::string(operation) + " object " + name_);
	return state_->object;
}

Napi::Value Object::Programs(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_object *object = Open(env, "list programs of");
	Napi::Array all = Napi::Array::New(env);
	bpf_program *program;
	bpf_object__for_each_program(program, object)
	{
		all.Set(all.Length(), Program::New(env, {state_, program}));
	}
	return all;
}

Napi::Value Object::Maps(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_object *object = Open(env, "list maps of");
	Napi::Array all = Napi::Array::New(env);
	bpf_map *map;
	bpf_object__for_each_map(map, object)
	{
		all.Set(all.Length(), Map::New(env, MapState::OfObject(state_, map)));
	}
	return all;
}

namespace {
/**
 * No signals for this thread while it lives. The verifier gives up with EAGAIN when one comes, and
 * libbpf tries again five times only: a profiler's timer is enough to make every load fail.
 */
class SignalsBlocked {
      public:
	SignalsBlocked()
	{
		sigset_t all;
		sigfillset(&all);
		// On Linux of the calling thread only; pthread_sigmask would need glibc 2.32.
		sigprocmask(SIG_SETMASK, &all, &before_);
	}
	~SignalsBlocked() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
	SignalsBlocked(const SignalsBlocked &) = delete;
	SignalsBlocked &operator=(const SignalsBlocked &) = delete;

      private:
	sigset_t before_;
};
} // namespace

Napi::Value Object::Load(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_object *object = Open(env, "load");
	if (state_->loaded || state_->failed)
		Fail(env, state_->loaded ? "BPF_ALREADY_LOADED" : "BPF_LOAD_FAILED_BEFORE",
		     "load object " + name_);
	LogScope log;
	int error;
	{
		SignalsBlocked quiet;
		error = bpf_object__load(object);
	}
	state_->loaded = error == 0;
	state_->failed = error != 0;
	if (error != 0)
		Fail(env, "BPF_LOAD_REJECTED", "load object " + name_, -error, log.text());
	return env.Undefined();
}

Napi::Value Object::Struct(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	const btf *types = bpf_object__btf(Open(env, "read types of"));
	return types == nullptr ? env.Undefined()
				: StructByName(env, types, TextArgument(info[0], "name"));
}

namespace {
struct Variable {
	uint8_t *data;
	size_t size;
	uint32_t type;
	bool constant;
};

/** The bytes of a global variable, found by name in the object's data sections. */
bool FindVariable(bpf_object *object, const std::string &name, Variable *found)
{
	const btf *types = bpf_object__btf(object);
	if (types == nullptr)
		return false;
	bpf_map *map;
	bpf_object__for_each_map(map, object)
	{
		if (!bpf_map__is_internal(map))
			continue;
		const btf_type *section = btf__type_by_id(types, bpf_map__btf_value_type_id(map));
		if (section == nullptr || !btf_is_datasec(section))
			continue;
		const char *sectionName = btf__name_by_offset(types, section->name_off);
		const btf_var_secinfo *entry = btf_var_secinfos(section);
		for (unsigned i = 0; i < btf_vlen(section); i++, entry++) {
			const btf_type *variable = btf__type_by_id(types, entry->type);
			if (name != btf__name_by_offset(types, variable->name_off))
				continue;
			size_t size = 0;
			auto *data = static_cast<uint8_t *>(bpf_map__initial_value(map, &size));
			if (data == nullptr || entry->offset > size ||
			    entry->size > size - entry->offset)
				return false;
			*found = {data + entry->offset, entry->size, variable->type,
				  strncmp(sectionName, ".rodata", 7) == 0};
			return true;
		}
	}
	return false;
}
} // namespace

/** (name) => { bytes, type } or undefined */
Napi::Value Object::Variable(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_object *object = Open(env, "read a global of");
	struct Variable variable;
	if (!FindVariable(object, TextArgument(info[0], "name"), &variable))
		return env.Undefined();
	Napi::Object result = Napi::Object::New(env);
	result.Set("bytes", NewBytes(env, variable.data, variable.size));
	result.Set("type", DescribeType(env, bpf_object__btf(object), variable.type));
	return result;
}

/** (name, bytes); bytes has the variable's size. */
Napi::Value Object::SetVariable(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_object *object = Open(env, "set a global of");
	std::string name = TextArgument(info[0], "name");
	std::string operation = "set global " + name + " of object " + name_;
	struct Variable variable;
	if (!FindVariable(object, name, &variable))
		Fail(env, "BPF_NO_SUCH_GLOBAL", operation);
	// After the load, .rodata is mapped read-only: a write would end the process.
	if (variable.constant && (state_->loaded || state_->failed))
		Fail(env, "BPF_ALREADY_LOADED", operation);
	Bytes bytes = BytesArgument(info[1], "value", variable.size);
	memcpy(variable.data, bytes.data, bytes.length);
	return env.Undefined();
}

Napi::Value Object::IsLoaded(const Napi::CallbackInfo &info)
{
	return Napi::Boolean::New(info.Env(), state_->object != nullptr && state_->loaded);
}

Napi::Value Object::Close(const Napi::CallbackInfo &info)
{
	state_->Close();
	return info.Env().Undefined();
}
