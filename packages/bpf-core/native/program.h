// SPDX-License-Identifier: GPL-2.0-or-later
//
// bpf_program: one entry point of an object.
#pragma once
#include "errors.h"
#include "object.h"
#include <bpf/libbpf.h>
#include <memory>
#include <napi.h>

struct ProgramState {
	std::shared_ptr<ObjectState> owner;
	bpf_program *program;
};

class Program : public Napi::ObjectWrap<Program> {
      public:
	static constexpr napi_type_tag kTag = {0x6a1f5c7b2e9d4a04, 0x9b3e7d5f1c8a2b64};
	static constexpr const char *kNoun = "a BpfProgram";
	static void Register(Napi::Env env, Napi::Object exports);
	static Napi::Value New(Napi::Env env, ProgramState state);
	explicit Program(const Napi::CallbackInfo &info);

	/** The program in the kernel; throws BPF_CLOSED or BPF_NOT_LOADED. */
	bpf_program *Loaded(Napi::Env env, const char *operation);

      private:
	Napi::Value About(const Napi::CallbackInfo &info);
	Napi::Value Autoload(const Napi::CallbackInfo &info);
	Napi::Value SetAutoload(const Napi::CallbackInfo &info);
	Napi::Value SetAttachTarget(const Napi::CallbackInfo &info);
	Napi::Value Info(const Napi::CallbackInfo &info);
	Napi::Value TestRun(const Napi::CallbackInfo &info);

	Napi::Value Attach(const Napi::CallbackInfo &info);
	Napi::Value AttachKprobe(const Napi::CallbackInfo &info);
	Napi::Value AttachUprobe(const Napi::CallbackInfo &info);
	Napi::Value AttachTracepoint(const Napi::CallbackInfo &info);
	Napi::Value AttachRawTracepoint(const Napi::CallbackInfo &info);
	Napi::Value AttachTrace(const Napi::CallbackInfo &info);
	Napi::Value AttachLsm(const Napi::CallbackInfo &info);
	Napi::Value AttachCgroup(const Napi::CallbackInfo &info);
	Napi::Value AttachTcx(const Napi::CallbackInfo &info);
	Napi::Value AttachXdp(const Napi::CallbackInfo &info);
	Napi::Value AttachIter(const Napi::CallbackInfo &info);
	Napi::Value AttachTc(const Napi::CallbackInfo &info);

	/** The program of an open object; throws BPF_CLOSED. */
	bpf_program *Open(Napi::Env env, const char *operation);
	bpf_program *Unloaded(Napi::Env env, const char *operation);
	/** A handle for what libbpf attached, or BPF_ATTACH_FAILED with libbpf's errno and log. */
	Napi::Value Attached(Napi::Env env, bpf_link *link, const std::string &hook,
			     const LogScope &log);
	std::string Named(const char *operation) const;

	ProgramState state_;
	std::string name_;
};
