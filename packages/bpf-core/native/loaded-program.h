// SPDX-License-Identifier: GPL-2.0-or-later
//
// A program that some process has loaded, found by its id: for who attaches it in that one's stead.
#pragma once
#include "object.h"
#include <memory>
#include <napi.h>
#include <string>

class LoadedProgram : public Napi::ObjectWrap<LoadedProgram> {
      public:
	static void Register(Napi::Env env, Napi::Object exports);
	explicit LoadedProgram(const Napi::CallbackInfo &info);
	~LoadedProgram() override;

      private:
	Napi::Value Name(const Napi::CallbackInfo &info);
	Napi::Value AttachTcx(const Napi::CallbackInfo &info);
	Napi::Value AttachTc(const Napi::CallbackInfo &info);
	Napi::Value AdoptTc(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);
	/** Throws BPF_CLOSED. */
	int Open(Napi::Env env);

	/** Owns the links made here. */
	std::shared_ptr<ObjectState> links_ = std::make_shared<ObjectState>();
	int fd_ = -1;
	std::string name_;
};
