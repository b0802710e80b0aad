// SPDX-License-Identifier: GPL-2.0-or-later
//
// bpf_link: what an attach call returns. The object keeps it attached; the handle only steers it.
#pragma once
#include "attachment.h"
#include "object.h"
#include <memory>
#include <napi.h>

struct LinkState {
	std::shared_ptr<ObjectState> owner;
	std::shared_ptr<Attachment> attachment;
	std::string name;
};

class Link : public Napi::ObjectWrap<Link> {
      public:
	static constexpr napi_type_tag kTag = {0x6a1f5c7b2e9d4a03, 0x9b3e7d5f1c8a2b63};
	static constexpr const char *kNoun = "a Link";
	static void Register(Napi::Env env, Napi::Object exports);
	/** A handle for an attachment, which `owner` then holds. */
	static Napi::Value New(Napi::Env env, std::shared_ptr<ObjectState> owner,
			       std::shared_ptr<Attachment> attachment, std::string name);
	explicit Link(const Napi::CallbackInfo &info);

      private:
	Napi::Value Pin(const Napi::CallbackInfo &info);
	Napi::Value Update(const Napi::CallbackInfo &info);
	Napi::Value ReadIter(const Napi::CallbackInfo &info);
	Napi::Value Id(const Napi::CallbackInfo &info);
	Napi::Value Disown(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

	/** The bpf_link; throws BPF_CLOSED, or BPF_NOT_SUPPORTED for an attachment of another kind.
	 */
	bpf_link *Open(Napi::Env env, const char *operation);
	std::string Named(const char *operation) const;

	LinkState state_;
};
