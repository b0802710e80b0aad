// SPDX-License-Identifier: GPL-2.0-or-later
//
// btf: the types of the running kernel, or of a file.
#pragma once
#include <bpf/btf.h>
#include <napi.h>

class Btf : public Napi::ObjectWrap<Btf> {
      public:
	static constexpr napi_type_tag kTag = {0x6a1f5c7b2e9d4a05, 0x9b3e7d5f1c8a2b65};
	static void Register(Napi::Env env, Napi::Object exports);
	explicit Btf(const Napi::CallbackInfo &info);
	~Btf() override;

      private:
	Napi::Value Struct(const Napi::CallbackInfo &info);
	Napi::Value Func(const Napi::CallbackInfo &info);
	Napi::Value HasTypedef(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);
	btf *Open(Napi::Env env, const char *operation);

	btf *types_ = nullptr;
	std::string path_;
};
