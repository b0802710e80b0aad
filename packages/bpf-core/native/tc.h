// SPDX-License-Identifier: GPL-2.0-or-later
//
// A filter of the clsact queueing discipline: what kernels before tcx (Linux 6.6) offer. It is not
// owned by a file descriptor, so it is recognised by its handle, priority and program name.
#pragma once
#include "attachment.h"
#include "env.h"
#include <memory>
#include <napi.h>
#include <string>

struct TcPlace {
	int ifindex;
	bpf_tc_attach_point direction;
	uint32_t handle;
	uint32_t priority;
	/** Handle where clsact is ours; 0: the same. It tells a later run so, should we be killed.
	 */
	uint32_t handleOfOurs;
};

/** { ifindex, direction: 'ingress' | 'egress', handle, priority, handleOfOurs? } */
TcPlace TcPlaceArgument(const Napi::Value &value);

class TcFilter final : public Attachment {
      public:
	/** Creates clsact where it is missing and replaces a left-over of ours; throws. */
	static std::shared_ptr<TcFilter> Attach(Napi::Env env, const TcPlace &place, int programFd,
						const std::string &programName);
	/** One that another process has attached; throws. */
	static std::shared_ptr<TcFilter> Adopt(Napi::Env env, const TcPlace &place, int programFd);
	TcFilter(std::shared_ptr<Qdiscs> qdiscs, TcPlace place, int netns, uint32_t programId)
	    : qdiscs_(std::move(qdiscs)), place_(place), netns_(netns), programId_(programId)
	{
	}
	~TcFilter() override { Close(); }
	int Close() override;
	bool IsOpen() const override { return open_; }
	bool Disown() override;

      private:
	std::shared_ptr<Qdiscs> qdiscs_;
	TcPlace place_;
	int netns_;
	uint32_t programId_;
	bool open_ = true;
};

/**
 * (place, program name, drop clsact too if that leaves it empty) => whether a left-over filter of
 * that program was there and is gone
 */
Napi::Value RemoveTc(const Napi::CallbackInfo &info);

/** (ifindex, 'ingress' | 'egress') => [{ priority, handle, programId, name }] of BPF filters */
Napi::Value TcFilters(const Napi::CallbackInfo &info);
