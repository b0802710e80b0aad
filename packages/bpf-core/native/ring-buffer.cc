// SPDX-License-Identifier: GPL-2.0-or-later
#include "ring-buffer.h"
#include "args.h"
#include "map.h"
#include <algorithm>
#include <cerrno>
#include <cstring>

namespace {
// A turn of the loop reads at most this many batches, so that a flood leaves time for the rest.
constexpr int kBatchesPerTurn = 8;
constexpr size_t kHeader = 8;

size_t Padded(size_t size)
{
	return (size + 7) & ~size_t(7);
}
} // namespace

/** Closes itself once both handles are closed. Holds the environment's end until then. */
struct RingBuffer::Handles {
	uv_poll_t poll;
	uv_timer_t timer;
	RingBuffer *self;
	napi_async_cleanup_hook_handle hook;
	int open = 2;

	void Close()
	{
		auto closed = [](uv_handle_t *handle) {
			auto *mine = static_cast<Handles *>(handle->data);
			if (--mine->open > 0)
				return;
			napi_remove_async_cleanup_hook(mine->hook);
			delete mine;
		};
		self = nullptr;
		uv_close(reinterpret_cast<uv_handle_t *>(&poll), closed);
		uv_close(reinterpret_cast<uv_handle_t *>(&timer), closed);
	}
};

void RingBuffer::Register(Napi::Env env, Napi::Object exports)
{
	exports.Set("RingBuffer", DefineClass(env, "RingBuffer",
					      {
						  InstanceMethod<&RingBuffer::Resume>("resume"),
						  InstanceMethod<&RingBuffer::Pause>("pause"),
						  InstanceMethod<&RingBuffer::Consume>("consume"),
						  InstanceMethod<&RingBuffer::Fill>("fill"),
						  InstanceMethod<&RingBuffer::SetRef>("setRef"),
						  InstanceMethod<&RingBuffer::Close>("close"),
					      }));
}

/** (maps, onBatch, coalesceMs, batchBytes) */
RingBuffer::RingBuffer(const Napi::CallbackInfo &info) : Napi::ObjectWrap<RingBuffer>(info)
{
	Napi::Env env = info.Env();
	info.This().As<Napi::Object>().TypeTag(&kTag);
	if (!info[0].IsArray() || info[0].As<Napi::Array>().Length() == 0)
		FailArgument(env, "maps", "an array of at least one map");
	if (!info[1].IsFunction())
		FailArgument(env, "onBatch", "a function");
	coalesceMs_ = static_cast<uint64_t>(IntegerArgument(info[2], "coalesceMs", 0, 10000));
	capacity_ = static_cast<size_t>(IntegerArgument(info[3], "batchBytes", 4096, 1 << 28));
	onBatch_ = Napi::Persistent(info[1].As<Napi::Function>());
	context_ = std::make_unique<Napi::AsyncContext>(env, "imagesnoop:RingBuffer");

	Napi::Array maps = info[0].As<Napi::Array>();
	maps_ = Napi::Persistent(maps.As<Napi::Object>());
	LogScope log;
	for (uint32_t i = 0; i < maps.Length(); i++) {
		Map &map = HandleArgument<Map>(maps.Get(i), "each of maps");
		if (map.Type() != BPF_MAP_TYPE_RINGBUF)
			FailArgument(env, "each of maps", "a ring buffer map");
		int fd = map.Fd(env, "read");
		sources_.push_back(std::make_unique<Source>(Source{this, i}));
		void *source = sources_.back().get();
		int error = 0;
		errno = 0;
		if (ring_ == nullptr)
			ring_ = ring_buffer__new(fd, OnRecord, source, nullptr);
		else
			error = ring_buffer__add(ring_, fd, OnRecord, source);
		if (ring_ == nullptr || error != 0) {
			int cause = ring_ == nullptr ? errno : -error;
			Release();
			Fail(env, "BPF_RING_BUFFER_FAILED", "map a ring buffer", cause, log.text());
		}
	}

	uv_loop_t *loop;
	napi_get_uv_event_loop(env, &loop);
	auto handles = std::make_unique<Handles>();
	int error = uv_poll_init(loop, &handles->poll, ring_buffer__epoll_fd(ring_));
	if (error != 0) {
		Release();
		Fail(env, "BPF_RING_BUFFER_FAILED", "watch a ring buffer", -error);
	}
	uv_timer_init(loop, &handles->timer);
	handles_ = handles.release();
	handles_->self = this;
	handles_->poll.data = handles_;
	handles_->timer.data = handles_;
	napi_add_async_cleanup_hook(env, OnEnvCleanup, handles_, &handles_->hook);
}

RingBuffer::~RingBuffer()
{
	Release();
}

/** The environment ends: the handles must be closed before its loop is. */
void RingBuffer::OnEnvCleanup(napi_async_cleanup_hook_handle, void *data)
{
	auto *handles = static_cast<Handles *>(data);
	if (handles->self != nullptr)
		handles->self->Release();
}

void RingBuffer::RequireOpen(const char *operation)
{
	if (ring_ == nullptr)
		Fail(Env(), "BPF_CLOSED", std::string(operation) + " ring buffer");
}

void RingBuffer::Release()
{
	active_ = false;
	if (handles_ != nullptr)
		std::exchange(handles_, nullptr)->Close();
	ring_buffer__free(std::exchange(ring_, nullptr));
	// The callback may hold us, which would keep both for ever.
	onBatch_.Reset();
	maps_.Reset();
	buffer_.Reset();
	bytes_ = nullptr;
}

/** Starts or continues. */
Napi::Value RingBuffer::Resume(const Napi::CallbackInfo &info)
{
	RequireOpen("start");
	resumed_ = true;
	if (!active_) {
		active_ = true;
		Ref();
		// What came meanwhile is read soon, without waiting for another record.
		uv_timer_start(&handles_->timer, OnTimer, 0, 0);
	}
	return info.Env().Undefined();
}

Napi::Value RingBuffer::Pause(const Napi::CallbackInfo &info)
{
	RequireOpen("pause");
	resumed_ = false;
	Stop();
	return info.Env().Undefined();
}

void RingBuffer::Stop()
{
	if (!active_)
		return;
	active_ = false;
	uv_poll_stop(&handles_->poll);
	uv_timer_stop(&handles_->timer);
	Unref();
}

/** => records read: at least all that were in the ring at the call */
Napi::Value RingBuffer::Consume(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	RequireOpen("consume");
	size_t total = 0;
	if (draining_)
		return Napi::Number::New(env, 0);
	std::vector<unsigned long> goals;
	for (unsigned i = 0; i < sources_.size(); i++)
		goals.push_back(ring__producer_pos(ring_buffer__ring(ring_, i)));
	auto reached = [&] {
		for (unsigned i = 0; i < goals.size(); i++)
			if (ring__consumer_pos(ring_buffer__ring(ring_, i)) < goals[i])
				return false;
		return !hasWaiting_;
	};
	for (Flow flow = Flow::kMore; flow == Flow::kMore;) {
		flow = DrainOnce(false);
		total += records_;
		if (flow == Flow::kMore && reached())
			break;
	}
	return Napi::Number::New(env, static_cast<double>(total));
}

/** => how full the fullest ring is, 0 to 1 */
Napi::Value RingBuffer::Fill(const Napi::CallbackInfo &info)
{
	RequireOpen("measure");
	double most = 0;
	for (unsigned i = 0; i < sources_.size(); i++) {
		const ring *one = ring_buffer__ring(ring_, i);
		double part = double(ring__avail_data_size(one)) / double(ring__size(one));
		most = std::max(most, part);
	}
	return Napi::Number::New(info.Env(), most);
}

/** (boolean): whether it keeps the process alive */
Napi::Value RingBuffer::SetRef(const Napi::CallbackInfo &info)
{
	RequireOpen("reference");
	auto change = BooleanArgument(info[0], "ref") ? uv_ref : uv_unref;
	change(reinterpret_cast<uv_handle_t *>(&handles_->poll));
	change(reinterpret_cast<uv_handle_t *>(&handles_->timer));
	return info.Env().Undefined();
}

Napi::Value RingBuffer::Close(const Napi::CallbackInfo &info)
{
	bool wasActive = active_;
	Release();
	if (wasActive)
		Unref();
	return info.Env().Undefined();
}

void RingBuffer::Watch()
{
	uv_poll_start(&handles_->poll, UV_READABLE, OnReadable);
}

void RingBuffer::OnReadable(uv_poll_t *poll, int, int)
{
	auto *handles = static_cast<Handles *>(poll->data);
	uv_poll_stop(poll);
	handles->self->DrainFromLoop();
}

void RingBuffer::OnTimer(uv_timer_t *timer)
{
	static_cast<Handles *>(timer->data)->self->DrainFromLoop();
}

void RingBuffer::DrainFromLoop()
{
	Napi::HandleScope scope(Env());
	bool any = false;
	Flow flow = Flow::kMore;
	try {
		for (int i = 0; i < kBatchesPerTurn && flow == Flow::kMore; i++) {
			flow = DrainOnce(true);
			any = any || records_ > 0;
		}
	} catch (const Napi::Error &) {
		// Only an environment that is ending refuses memory for a batch.
		return;
	}
	if (!active_ || ring_ == nullptr)
		return;
	if (flow == Flow::kMore)
		uv_timer_start(&handles_->timer, OnTimer, 0, 0);
	else if (any && coalesceMs_ > 0)
		uv_timer_start(&handles_->timer, OnTimer, coalesceMs_, 0);
	else
		Watch();
}

int RingBuffer::OnRecord(void *context, void *data, size_t size)
{
	auto *source = static_cast<Source *>(context);
	if (source->self->Append(source->index, data, size))
		return 0;
	auto *bytes = static_cast<const uint8_t *>(data);
	source->self->waiting_.assign(bytes, bytes + size);
	source->self->waitingIndex_ = source->index;
	source->self->hasWaiting_ = true;
	// Stops the walk; libbpf has taken the record off the ring all the same.
	return -ENOBUFS;
}

bool RingBuffer::Append(uint32_t index, const void *data, size_t size)
{
	size_t need = kHeader + Padded(size);
	if (need > capacity_ - used_)
		return false;
	uint32_t header[2] = {static_cast<uint32_t>(size), index};
	memcpy(bytes_ + used_, header, kHeader);
	memcpy(bytes_ + used_ + kHeader, data, size);
	used_ += need;
	records_++;
	return true;
}

/** Makes sure that the buffer is still ours (JavaScript can give it away) and large enough. */
void RingBuffer::EnsureBuffer(size_t room)
{
	if (bytes_ != nullptr && room <= capacity_ && buffer_.Value().ByteLength() == capacity_)
		return;
	capacity_ = std::max(room, capacity_);
	Napi::Uint8Array fresh = Napi::Uint8Array::New(Env(), capacity_);
	buffer_ = Napi::Persistent(fresh);
	bytes_ = fresh.Data();
}

RingBuffer::Flow RingBuffer::DrainOnce(bool fromLoop)
{
	EnsureBuffer(hasWaiting_ ? kHeader + Padded(waiting_.size()) : 0);
	used_ = 0;
	records_ = 0;
	if (hasWaiting_) {
		hasWaiting_ = false;
		Append(waitingIndex_, waiting_.data(), waiting_.size());
	}
	// Each batch begins with the next ring, so that a busy one cannot starve the others.
	auto count = static_cast<unsigned>(sources_.size());
	for (unsigned i = 0; i < count && !hasWaiting_; i++)
		ring__consume(ring_buffer__ring(ring_, (next_ + i) % count));
	next_ = (next_ + 1) % count;
	if (records_ == 0)
		return hasWaiting_ ? DrainOnce(fromLoop) : Flow::kEmpty;
	return Deliver(fromLoop);
}

RingBuffer::Flow RingBuffer::Deliver(bool fromLoop)
{
	Napi::Env env = Env();
	Napi::HandleScope scope(env);
	bool wasActive = active_;
	bool stop = false;
	draining_ = true;
	resumed_ = false;
	try {
		Napi::Value length = Napi::Number::New(env, static_cast<double>(used_));
		Napi::Value answer =
		    fromLoop
			? onBatch_.MakeCallback(env.Global(), {buffer_.Value(), length}, *context_)
			: onBatch_.Call({buffer_.Value(), length});
		// Promises are settled before the call returns: the consumer may be done with the
		// batch by then and have asked for the next one.
		stop = !resumed_ && answer.IsBoolean() && !answer.As<Napi::Boolean>().Value();
	} catch (const Napi::Error &error) {
		draining_ = false;
		if (!fromLoop)
			throw;
		napi_fatal_exception(env, error.Value());
		return ring_ == nullptr ? Flow::kClosed : Flow::kMore;
	}
	draining_ = false;
	if (ring_ == nullptr)
		return Flow::kClosed;
	if (stop)
		Stop();
	if (stop || (wasActive && !active_))
		return Flow::kPaused;
	return hasWaiting_ || used_ * 2 > capacity_ ? Flow::kMore : Flow::kEmpty;
}
