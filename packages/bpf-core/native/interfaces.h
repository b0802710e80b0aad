// SPDX-License-Identifier: GPL-2.0-or-later
//
// Network interfaces of the calling thread's namespace, and word of their changes.
#pragma once
#include <napi.h>
#include <uv.h>

/** () => [{ index, name, up }] */
Napi::Value Interfaces(const Napi::CallbackInfo &info);

/**
 * Tells when interfaces or routes change, by route netlink. The socket belongs to the namespace
 * that the thread was in when it was made, wherever the thread is later.
 */
class InterfaceMonitor : public Napi::ObjectWrap<InterfaceMonitor> {
      public:
	static void Register(Napi::Env env, Napi::Object exports);
	explicit InterfaceMonitor(const Napi::CallbackInfo &info);
	~InterfaceMonitor() override { Release(); }

      private:
	/** The handle outlives us: uv_close ends later than close(). */
	struct Watch;
	Napi::Value Close(const Napi::CallbackInfo &info);
	static void OnReadable(uv_poll_t *poll, int status, int events);
	static void OnEnvCleanup(napi_async_cleanup_hook_handle hook, void *watch);
	void Tell();
	void Release();

	Watch *watch_ = nullptr;
	Napi::FunctionReference onChange_;
	std::unique_ptr<Napi::AsyncContext> context_;
};
