// SPDX-License-Identifier: GPL-2.0-or-later
#include "map.h"
#include "env.h"
#include "layout.h"
#include "probe.h"
#include "program.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <cerrno>
#include <unistd.h>
#include <vector>

MapState MapState::OfObject(std::shared_ptr<ObjectState> owner, bpf_map *map)
{
	MapState state;
	state.owner = std::move(owner);
	state.map = map;
	state.name = bpf_map__name(map);
	state.type = bpf_map__type(map);
	state.keySize = bpf_map__key_size(map);
	state.valueSize = bpf_map__value_size(map);
	state.maxEntries = bpf_map__max_entries(map);
	return state;
}

void Map::Register(Napi::Env env, Napi::Object exports)
{
	Napi::Function constructor =
	    DefineClass(env, "Map",
			{
			    InstanceMethod<&Map::Info>("info"),
			    InstanceMethod<&Map::SetMaxEntries>("setMaxEntries"),
			    InstanceMethod<&Map::Types>("types"),
			    InstanceMethod<&Map::Lookup>("lookup"),
			    InstanceMethod<&Map::Update>("update"),
			    InstanceMethod<&Map::SetProgram>("setProgram"),
			    InstanceMethod<&Map::Delete>("delete"),
			    InstanceMethod<&Map::NextKey>("nextKey"),
			    InstanceMethod<&Map::Batch>("batch"),
			    InstanceMethod<&Map::Pin>("pin"),
			    InstanceMethod<&Map::Freeze>("freeze"),
			    InstanceMethod<&Map::Reuse>("reuse"),
			    InstanceMethod<&Map::Close>("close"),
			});
	EnvData::Of(env).map = Napi::Persistent(constructor);
	exports.Set("openPinnedMap", Napi::Function::New<&Map::OpenPinned>(env));
	exports.Set("createMap", Napi::Function::New<&Map::Create>(env));
}

Napi::Value Map::New(Napi::Env env, MapState state)
{
	return NewHandle(env, EnvData::Of(env).map, std::move(state));
}

Map::Map(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<Map>(info), state_(TakePending<MapState>(info.Env()))
{
	info.This().As<Napi::Object>().TypeTag(&kTag);
}

Map::~Map()
{
	if (state_.fd >= 0)
		close(state_.fd);
}

std::string Map::Named(const char *operation) const
{
	return std::string(operation) + " map " + state_.name;
}

int Map::Fd(Napi::Env env, const char *operation)
{
	if (closed_ || (state_.owner && state_.owner->object == nullptr))
		Fail(env, "BPF_CLOSED", Named(operation));
	int fd = state_.owner ? bpf_map__fd(state_.map) : state_.fd;
	if (fd < 0 || (state_.owner && !state_.owner->loaded))
		Fail(env, "BPF_NOT_LOADED", Named(operation));
	return fd;
}

bpf_map *Map::Unloaded(Napi::Env env, const char *operation)
{
	if (closed_ || (state_.owner && state_.owner->object == nullptr))
		Fail(env, "BPF_CLOSED", Named(operation));
	if (!state_.owner || state_.owner->loaded || state_.owner->failed)
		Fail(env, "BPF_ALREADY_LOADED", Named(operation));
	return state_.map;
}

size_t Map::ValueBytes() const
{
	switch (state_.type) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE: {
		int cpus = libbpf_num_possible_cpus();
		return static_cast<size_t>((state_.valueSize + 7) & ~7U) * (cpus > 0 ? cpus : 1);
	}
	default:
		return state_.valueSize;
	}
}

const void *Map::Key(const Napi::Value &value) const
{
	// Queues and stacks have no key.
	return state_.keySize == 0 ? nullptr : BytesArgument(value, "key", state_.keySize).data;
}

Napi::Value Map::Info(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Napi::Object out = Napi::Object::New(env);
	const char *type = libbpf_bpf_map_type_str(state_.type);
	out.Set("name", state_.name);
	out.Set("type", type == nullptr ? "unknown" : type);
	out.Set("keySize", state_.keySize);
	out.Set("valueSize", state_.valueSize);
	out.Set("valueBytes", static_cast<double>(ValueBytes()));
	out.Set("maxEntries", state_.maxEntries);
	return out;
}

Napi::Value Map::SetMaxEntries(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_map *map = Unloaded(env, "resize");
	auto entries = static_cast<uint32_t>(IntegerArgument(info[0], "maxEntries", 1, UINT32_MAX));
	int error = bpf_map__set_max_entries(map, entries);
	if (error != 0)
		Fail(env, "BPF_MAP_FAILED", Named("resize"), -error);
	state_.maxEntries = bpf_map__max_entries(map);
	return env.Undefined();
}

/** => { key, value } as the object's BTF tells them */
Napi::Value Map::Types(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Napi::Object out = Napi::Object::New(env);
	if (!state_.owner)
		return out;
	if (state_.owner->object == nullptr)
		Fail(env, "BPF_CLOSED", Named("read types of"));
	const btf *types = bpf_object__btf(state_.owner->object);
	if (types == nullptr)
		return out;
	out.Set("key", DescribeType(env, types, bpf_map__btf_key_type_id(state_.map)));
	out.Set("value", DescribeType(env, types, bpf_map__btf_value_type_id(state_.map)));
	return out;
}

/** (key, flags, into?) => value bytes, or undefined when there is no such key */
Napi::Value Map::Lookup(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int fd = Fd(env, "look up in");
	const void *key = Key(info[0]);
	auto flags = static_cast<uint64_t>(IntegerArgument(info[1], "flags", 0, UINT32_MAX));
	size_t size = ValueBytes();
	Napi::Value into = info[2].IsUndefined() ? Napi::Uint8Array::New(env, size) : info[2];
	Bytes value = BytesArgument(into, "into", size);
	int error = bpf_map_lookup_elem_flags(fd, key, value.data, flags);
	if (error == -ENOENT)
		return env.Undefined();
	if (error != 0)
		Fail(env, "BPF_MAP_FAILED", Named("look up in"), -error);
	return into;
}

/** (key, value, flags) */
Napi::Value Map::Update(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int fd = Fd(env, "update");
	const void *key = Key(info[0]);
	Bytes value = BytesArgument(info[1], "value", ValueBytes());
	auto flags = static_cast<uint64_t>(IntegerArgument(info[2], "flags", 0, UINT32_MAX));
	int error = bpf_map_update_elem(fd, key, value.data, flags);
	if (error != 0)
		Fail(env, "BPF_MAP_FAILED", Named("update"), -error);
	return env.Undefined();
}

/** (index, program): where a tail call to that place goes */
Napi::Value Map::SetProgram(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int fd = Fd(env, "set a program of");
	auto index = static_cast<uint32_t>(IntegerArgument(info[0], "index", 0, UINT32_MAX));
	Program &program = HandleArgument<Program>(info[1], "program");
	int value = bpf_program__fd(program.Loaded(env, "use"));
	int error = state_.type == BPF_MAP_TYPE_PROG_ARRAY
			? bpf_map_update_elem(fd, &index, &value, BPF_ANY)
			: -EINVAL;
	if (error != 0)
		Fail(env, "BPF_MAP_FAILED", Named("set a program of"), -error);
	return env.Undefined();
}

/** (key) => whether it was there */
Napi::Value Map::Delete(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int fd = Fd(env, "delete from");
	int error = bpf_map_delete_elem(fd, Key(info[0]));
	if (error != 0 && error != -ENOENT)
		Fail(env, "BPF_MAP_FAILED", Named("delete from"), -error);
	return Napi::Boolean::New(env, error == 0);
}

/** (key | undefined) => the key after it (the first one without it), or undefined at the end */
Napi::Value Map::NextKey(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int fd = Fd(env, "walk");
	const void *key = info[0].IsUndefined() ? nullptr : Key(info[0]);
	Napi::Uint8Array next = Napi::Uint8Array::New(env, state_.keySize);
	int error = state_.keySize == 0 ? -EOPNOTSUPP : bpf_map_get_next_key(fd, key, next.Data());
	if (error == -ENOENT)
		return env.Undefined();
	if (error != 0)
		Fail(env, "BPF_MAP_FAILED", Named("walk"), -error);
	return next;
}

/**
 * (token | undefined, count) => { keys, values, count, token }, token undefined after the last.
 * Undefined when the kernel or this kind of map has no batches. -ENOSPC asks for a larger count.
 */
Napi::Value Map::Batch(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int fd = Fd(env, "read");
	auto count = static_cast<uint32_t>(IntegerArgument(info[1], "count", 1, 1 << 20));
	if (state_.keySize == 0)
		return env.Undefined();
	// The kernel's token is a u32 or a key.
	size_t tokenSize = state_.keySize < 8 ? 8 : state_.keySize;
	void *token =
	    info[0].IsUndefined() ? nullptr : BytesArgument(info[0], "token", tokenSize).data;
	Napi::Uint8Array next = Napi::Uint8Array::New(env, tokenSize);
	std::vector<uint8_t> keys(static_cast<size_t>(count) * state_.keySize);
	std::vector<uint8_t> values(count * ValueBytes());
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	int error = bpf_map_lookup_batch(fd, token, next.Data(), keys.data(), values.data(), &count,
					 &options);
	constexpr int kNotSupported = 524; // the kernel's ENOTSUPP, unknown to libc
	if (error == -EINVAL || error == -kNotSupported || error == -EOPNOTSUPP)
		return env.Undefined();
	if (error == -ENOSPC)
		return Napi::Number::New(env, error);
	if (error != 0 && error != -ENOENT)
		Fail(env, "BPF_MAP_FAILED", Named("read"), -error);
	Napi::Object out = Napi::Object::New(env);
	out.Set("count", count);
	out.Set("keys", NewBytes(env, keys.data(), static_cast<size_t>(count) * state_.keySize));
	out.Set("values", NewBytes(env, values.data(), count * ValueBytes()));
	out.Set("token", error == 0 ? next.As<Napi::Value>() : env.Undefined());
	return out;
}

Napi::Value Map::Pin(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	std::string path = TextArgument(info[0], "path");
	if (bpf_obj_pin(Fd(env, "pin"), path.c_str()) != 0)
		Fail(env, "BPF_PIN_FAILED", Named("pin") + " at " + path, errno);
	return env.Undefined();
}

Napi::Value Map::Freeze(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int error = bpf_map_freeze(Fd(env, "freeze"));
	if (error != 0)
		Fail(env, "BPF_MAP_FAILED", Named("freeze"), -error);
	return env.Undefined();
}

/** (other): before the load, take another map instead of making one. */
Napi::Value Map::Reuse(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	bpf_map *map = Unloaded(env, "reuse another for");
	Map &other = HandleArgument<Map>(info[0], "other");
	int fd = other.Fd(env, "reuse");
	if (other.state_.type != state_.type || other.state_.keySize != state_.keySize ||
	    other.state_.valueSize != state_.valueSize)
		Fail(env, "BPF_MAP_MISMATCH", Named("reuse ") + " as " + state_.name);
	LogScope log;
	int error = bpf_map__reuse_fd(map, fd);
	if (error != 0)
		Fail(env, "BPF_MAP_FAILED", Named("reuse another for"), -error, log.text());
	state_.maxEntries = bpf_map__max_entries(map);
	return env.Undefined();
}

Napi::Value Map::Close(const Napi::CallbackInfo &info)
{
	closed_ = true;
	if (state_.fd >= 0)
		close(std::exchange(state_.fd, -1));
	return info.Env().Undefined();
}

namespace {
/** Pins also hold programs and links, for which the kernel answers the same call for information.
 */
bool IsMap(int fd)
{
	char target[32] = {};
	std::string link = "/proc/self/fd/" + std::to_string(fd);
	ssize_t length = readlink(link.c_str(), target, sizeof(target) - 1);
	return length > 0 && std::string(target) == "anon_inode:bpf-map";
}
} // namespace

/** (path) => the map pinned there */
Napi::Value Map::OpenPinned(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	std::string path = TextArgument(info[0], "path");
	std::string operation = "open pinned map " + path;
	int fd = bpf_obj_get(path.c_str());
	if (fd < 0)
		Fail(env, "BPF_PIN_FAILED", operation, errno);
	bpf_map_info about = {};
	uint32_t length = sizeof(about);
	int error = IsMap(fd) ? bpf_map_get_info_by_fd(fd, &about, &length) : -EBADF;
	if (error != 0) {
		close(fd);
		Fail(env, "BPF_NOT_A_MAP", operation, -error);
	}
	MapState state;
	state.fd = fd;
	state.name = about.name[0] == '\0' ? path : about.name;
	state.type = static_cast<bpf_map_type>(about.type);
	state.keySize = about.key_size;
	state.valueSize = about.value_size;
	state.maxEntries = about.max_entries;
	return New(env, std::move(state));
}

/** ({ type, name, keySize, valueSize, maxEntries }) */
Napi::Value Map::Create(const Napi::CallbackInfo &info)
{
	constexpr uint32_t kLargest = 1 << 20;
	Napi::Env env = info.Env();
	Napi::Object shape = ObjectArgument(info[0], "shape");
	auto size = [&](const char *member, uint32_t high) {
		return static_cast<uint32_t>(IntegerArgument(shape.Get(member), member, 1, high));
	};
	MapState state;
	state.type = MapType(shape.Get("type"));
	state.name = TextArgument(shape.Get("name"), "name", BPF_OBJ_NAME_LEN - 1);
	state.keySize = size("keySize", kLargest);
	state.valueSize = size("valueSize", kLargest);
	state.maxEntries = size("maxEntries", UINT32_MAX);
	state.fd = bpf_map_create(state.type, state.name.c_str(), state.keySize, state.valueSize,
				  state.maxEntries, nullptr);
	if (state.fd < 0)
		Fail(env, "BPF_MAP_FAILED", "create map " + state.name, -state.fd);
	return New(env, std::move(state));
}
