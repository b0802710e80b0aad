// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one environment (the main thread, or one worker) owns. Nothing here is shared.
#pragma once
#include "errors.h"
#include <memory>
#include <napi.h>
#include <set>
#include <utility>

using Qdiscs = std::set<std::pair<uint64_t, int>>;

struct EnvData {
	/** src/errors.ts: (code, operation, errno, log) => Error */
	Napi::FunctionReference makeError;
	Napi::FunctionReference program, map, link, btf;
	/** What the next constructed handle shall hold; null when JavaScript calls `new` itself. */
	void *pending = nullptr;
	/** Interfaces (network namespace inode, index) on which we created the clsact qdisc. */
	std::shared_ptr<Qdiscs> qdiscs = std::make_shared<Qdiscs>();

	static EnvData &Of(Napi::Env env) { return *env.GetInstanceData<EnvData>(); }
};

/** Makes a handle of a class that JavaScript cannot construct itself. */
template <class State>
Napi::Object NewHandle(Napi::Env env, const Napi::FunctionReference &constructor, State state)
{
	EnvData &data = EnvData::Of(env);
	data.pending = &state;
	Napi::Object handle = constructor.New({});
	data.pending = nullptr;
	return handle;
}

/** In a handle's constructor: the state given to NewHandle. */
template <class State> State TakePending(Napi::Env env)
{
	void *pending = std::exchange(EnvData::Of(env).pending, nullptr);
	if (pending == nullptr)
		throw Napi::TypeError::New(env, "Illegal constructor");
	return std::move(*static_cast<State *>(pending));
}
