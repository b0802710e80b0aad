// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks of what JavaScript passes, before any of it becomes a pointer, a size or an fd. A wrong
// one throws BPF_INVALID_ARGUMENT.
#pragma once
#include "errors.h"
#include <cstdint>
#include <napi.h>
#include <string>

[[noreturn]] void FailArgument(Napi::Env env, const char *name, const char *expected);

/** Text without NUL, at most `limit` bytes. */
std::string TextArgument(const Napi::Value &value, const char *name, size_t limit = 4096);
/** The same, or empty text when undefined. */
std::string OptionalText(const Napi::Value &value, const char *name, size_t limit = 4096);
/** A whole number within [low, high]. */
int64_t IntegerArgument(const Napi::Value &value, const char *name, int64_t low, int64_t high);
/** The same, or `otherwise` when undefined. */
int64_t OptionalInteger(const Napi::Value &value, const char *name, int64_t low, int64_t high,
			int64_t otherwise);
bool BooleanArgument(const Napi::Value &value, const char *name);
uint64_t BigArgument(const Napi::Value &value, const char *name);
Napi::Object ObjectArgument(const Napi::Value &value, const char *name);

struct Bytes {
	uint8_t *data;
	size_t length;
};
/** A Uint8Array; its memory is valid until JavaScript runs again. */
Bytes BytesArgument(const Napi::Value &value, const char *name);
Bytes BytesArgument(const Napi::Value &value, const char *name, size_t length);

/** The native object behind a handle of class T, which carries T::kTag. */
template <class T> T &HandleArgument(const Napi::Value &value, const char *name)
{
	if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&T::kTag))
		FailArgument(value.Env(), name, T::kNoun);
	return *T::Unwrap(value.As<Napi::Object>());
}

Napi::Uint8Array NewBytes(Napi::Env env, const void *data, size_t length);
