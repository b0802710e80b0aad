// SPDX-License-Identifier: GPL-2.0-or-later
//
// bpf_object: an opened object file and all that was loaded from it.
#pragma once
#include "attachment.h"
#include <bpf/libbpf.h>
#include <memory>
#include <napi.h>
#include <set>

/**
 * The object as its programs, maps and links share it. It lives as long as any handle does;
 * closing it detaches its links and leaves every handle pointing at nothing.
 */
struct ObjectState {
	bpf_object *object = nullptr;
	bool loaded = false;
	bool failed = false;
	std::set<std::shared_ptr<Attachment>> attachments;

	~ObjectState() { Close(); }
	void Close();
};

class Object : public Napi::ObjectWrap<Object> {
      public:
	static constexpr napi_type_tag kTag = {0x6a1f5c7b2e9d4a01, 0x9b3e7d5f1c8a2b61};
	static constexpr const char *kNoun = "a BpfObject";
	static void Register(Napi::Env env, Napi::Object exports);
	explicit Object(const Napi::CallbackInfo &info);

      private:
	Napi::Value Programs(const Napi::CallbackInfo &info);
	Napi::Value Maps(const Napi::CallbackInfo &info);
	Napi::Value Load(const Napi::CallbackInfo &info);
	Napi::Value Struct(const Napi::CallbackInfo &info);
	Napi::Value Variable(const Napi::CallbackInfo &info);
	Napi::Value SetVariable(const Napi::CallbackInfo &info);
	Napi::Value IsLoaded(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

	/** The open object; throws BPF_CLOSED. */
	bpf_object *Open(Napi::Env env, const char *operation);

	std::shared_ptr<ObjectState> state_;
	std::string name_;
};
