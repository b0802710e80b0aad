// SPDX-License-Identifier: GPL-2.0-or-later
//
// ring_buffer on the event loop. Records are copied once, into a buffer that JavaScript reads and
// that is used again; many reach it in one call.
//
// A wake-up per record would cost more than the record, so after the first one the ring is read by
// a timer until it is found empty, and only then watched again.
#pragma once
#include <bpf/libbpf.h>
#include <memory>
#include <napi.h>
#include <uv.h>
#include <vector>

class RingBuffer : public Napi::ObjectWrap<RingBuffer> {
      public:
	static constexpr napi_type_tag kTag = {0x6a1f5c7b2e9d4a06, 0x9b3e7d5f1c8a2b66};
	static void Register(Napi::Env env, Napi::Object exports);
	explicit RingBuffer(const Napi::CallbackInfo &info);
	~RingBuffer() override;

      private:
	/** uv handles outlive us: uv_close ends later than close(). */
	struct Handles;
	struct Source {
		RingBuffer *self;
		uint32_t index;
	};
	enum class Flow { kMore, kEmpty, kPaused, kClosed };

	Napi::Value Resume(const Napi::CallbackInfo &info);
	Napi::Value Pause(const Napi::CallbackInfo &info);
	Napi::Value Consume(const Napi::CallbackInfo &info);
	Napi::Value Fill(const Napi::CallbackInfo &info);
	Napi::Value SetRef(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

	static int OnRecord(void *context, void *data, size_t size);
	static void OnReadable(uv_poll_t *poll, int status, int events);
	static void OnTimer(uv_timer_t *timer);
	static void OnEnvCleanup(napi_async_cleanup_hook_handle hook, void *self);

	/** Throws BPF_CLOSED. */
	void RequireOpen(const char *operation);
	void Release();
	void Watch();
	void Stop();
	void DrainFromLoop();
	/** Copies what fits into one batch and hands it over. */
	Flow DrainOnce(bool fromLoop);
	bool Append(uint32_t index, const void *data, size_t size);
	void EnsureBuffer(size_t room);
	Flow Deliver(bool fromLoop);

	ring_buffer *ring_ = nullptr;
	Handles *handles_ = nullptr;
	std::vector<std::unique_ptr<Source>> sources_;
	Napi::FunctionReference onBatch_;
	/** Their object must not be collected, or its programs would be detached. */
	Napi::ObjectReference maps_;
	Napi::Reference<Napi::Uint8Array> buffer_;
	std::unique_ptr<Napi::AsyncContext> context_;
	uint8_t *bytes_ = nullptr;
	size_t capacity_ = 0;
	size_t used_ = 0;
	size_t records_ = 0;
	/** A record that found the batch full: consumed from the ring, first of the next batch. */
	std::vector<uint8_t> waiting_;
	uint32_t waitingIndex_ = 0;
	bool hasWaiting_ = false;
	uint64_t coalesceMs_ = 10;
	unsigned next_ = 0;
	bool active_ = false;
	bool draining_ = false;
	/** resume() came during the delivery of a batch. */
	bool resumed_ = false;
};
