// SPDX-License-Identifier: GPL-2.0-or-later
#include "interfaces.h"
#include "args.h"
#include <cerrno>
#include <cstring>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <memory>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

Napi::Value Interfaces(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> all(if_nameindex(),
									      if_freenameindex);
	int query = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (all == nullptr || query < 0)
		Fail(env, "BPF_NETWORK_FAILED", "list network interfaces", errno);
	Napi::Array list = Napi::Array::New(env);
	for (const auto *each = all.get(); each->if_index != 0; each++) {
		ifreq request = {};
		strncpy(request.ifr_name, each->if_name, IFNAMSIZ - 1);
		// One that has gone meanwhile is left out.
		if (ioctl(query, SIOCGIFFLAGS, &request) != 0)
			continue;
		Napi::Object about = Napi::Object::New(env);
		about.Set("index", Napi::Number::New(env, each->if_index));
		about.Set("name", Napi::String::New(env, each->if_name));
		about.Set("up", Napi::Boolean::New(env, (request.ifr_flags & IFF_UP) != 0));
		list.Set(list.Length(), about);
	}
	close(query);
	return list;
}

struct InterfaceMonitor::Watch {
	uv_poll_t poll;
	int socket;
	InterfaceMonitor *self;
	napi_async_cleanup_hook_handle hook;

	void Close()
	{
		self = nullptr;
		uv_close(reinterpret_cast<uv_handle_t *>(&poll), [](uv_handle_t *handle) {
			auto *mine = static_cast<Watch *>(handle->data);
			close(mine->socket);
			napi_remove_async_cleanup_hook(mine->hook);
			delete mine;
		});
	}
};

void InterfaceMonitor::Register(Napi::Env env, Napi::Object exports)
{
	exports.Set("InterfaceMonitor",
		    DefineClass(env, "InterfaceMonitor",
				{InstanceMethod<&InterfaceMonitor::Close>("close")}));
}

/** (onChange) */
InterfaceMonitor::InterfaceMonitor(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<InterfaceMonitor>(info)
{
	Napi::Env env = info.Env();
	if (!info[0].IsFunction())
		FailArgument(env, "onChange", "a function");
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	sockaddr_nl address = {};
	address.nl_family = AF_NETLINK;
	address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
	if (netlink < 0 ||
	    bind(netlink, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) {
		int error = errno;
		if (netlink >= 0)
			close(netlink);
		Fail(env, "BPF_NETWORK_FAILED", "watch network interfaces", error);
	}
	onChange_ = Napi::Persistent(info[0].As<Napi::Function>());
	context_ = std::make_unique<Napi::AsyncContext>(env, "imagesnoop:InterfaceMonitor");
	uv_loop_t *loop;
	napi_get_uv_event_loop(env, &loop);
	watch_ = new Watch{{}, netlink, this, nullptr};
	uv_poll_init(loop, &watch_->poll, netlink);
	watch_->poll.data = watch_;
	napi_add_async_cleanup_hook(env, OnEnvCleanup, watch_, &watch_->hook);
	uv_poll_start(&watch_->poll, UV_READABLE, OnReadable);
	// Whoever watches does something else besides; watching alone keeps no process alive.
	uv_unref(reinterpret_cast<uv_handle_t *>(&watch_->poll));
	Ref();
}

void InterfaceMonitor::OnEnvCleanup(napi_async_cleanup_hook_handle, void *data)
{
	auto *watch = static_cast<Watch *>(data);
	if (watch->self != nullptr)
		watch->self->Release();
}

/** What changed is not looked at: whoever hears of it looks at what there is now. */
void InterfaceMonitor::OnReadable(uv_poll_t *poll, int, int)
{
	auto *watch = static_cast<Watch *>(poll->data);
	char discarded[32768];
	ssize_t got;
	do
		got = recv(watch->socket, discarded, sizeof(discarded), 0);
	while (got > 0 || (got < 0 && (errno == ENOBUFS || errno == EINTR)));
	watch->self->Tell();
}

void InterfaceMonitor::Tell()
{
	Napi::Env env = Env();
	Napi::HandleScope scope(env);
	try {
		onChange_.MakeCallback(env.Global(), {}, *context_);
	} catch (const Napi::Error &error) {
		napi_fatal_exception(env, error.Value());
	}
}

void InterfaceMonitor::Release()
{
	if (watch_ != nullptr)
		std::exchange(watch_, nullptr)->Close();
	onChange_.Reset();
}

Napi::Value InterfaceMonitor::Close(const Napi::CallbackInfo &info)
{
	if (watch_ != nullptr) {
		Release();
		Unref();
	}
	return info.Env().Undefined();
}
