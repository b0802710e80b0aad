// SPDX-License-Identifier: GPL-2.0-or-later
//
// bpf_map: a map of an object, or one opened from a pin.
#pragma once
#include "args.h"
#include "object.h"
#include <bpf/libbpf.h>
#include <memory>
#include <napi.h>

/** Either a map of an object (not yet loaded perhaps), or an fd of our own. */
struct MapState {
	std::shared_ptr<ObjectState> owner;
	bpf_map *map = nullptr;
	int fd = -1;
	std::string name;
	bpf_map_type type = BPF_MAP_TYPE_UNSPEC;
	uint32_t keySize = 0, valueSize = 0, maxEntries = 0;

	static MapState OfObject(std::shared_ptr<ObjectState> owner, bpf_map *map);
};

class Map : public Napi::ObjectWrap<Map> {
      public:
	static constexpr napi_type_tag kTag = {0x6a1f5c7b2e9d4a02, 0x9b3e7d5f1c8a2b62};
	static constexpr const char *kNoun = "a BpfMap";
	static void Register(Napi::Env env, Napi::Object exports);
	static Napi::Value New(Napi::Env env, MapState state);
	explicit Map(const Napi::CallbackInfo &info);
	~Map() override;

	/** The map's fd; throws BPF_CLOSED or BPF_NOT_LOADED. */
	int Fd(Napi::Env env, const char *operation);
	bpf_map_type Type() const { return state_.type; }

      private:
	Napi::Value Info(const Napi::CallbackInfo &info);
	Napi::Value SetMaxEntries(const Napi::CallbackInfo &info);
	Napi::Value Types(const Napi::CallbackInfo &info);
	Napi::Value Lookup(const Napi::CallbackInfo &info);
	Napi::Value Update(const Napi::CallbackInfo &info);
	Napi::Value SetProgram(const Napi::CallbackInfo &info);
	Napi::Value Delete(const Napi::CallbackInfo &info);
	Napi::Value NextKey(const Napi::CallbackInfo &info);
	Napi::Value Batch(const Napi::CallbackInfo &info);
	Napi::Value Pin(const Napi::CallbackInfo &info);
	Napi::Value Freeze(const Napi::CallbackInfo &info);
	Napi::Value Reuse(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);
	static Napi::Value OpenPinned(const Napi::CallbackInfo &info);
	static Napi::Value Create(const Napi::CallbackInfo &info);

	std::string Named(const char *operation) const;
	bpf_map *Unloaded(Napi::Env env, const char *operation);
	/** Bytes of a value as system calls carry it: per-CPU maps have one for each CPU. */
	size_t ValueBytes() const;
	const void *Key(const Napi::Value &value) const;

	MapState state_;
	bool closed_ = false;
};
