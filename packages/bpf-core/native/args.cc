// SPDX-License-Identifier: GPL-2.0-or-later
#include "args.h"
#include <cmath>
#include <cstring>

void FailArgument(Napi::Env env, const char *name, const char *expected)
{
	Fail(env, "BPF_INVALID_ARGUMENT", std::string(name) + " must be " + expected);
}

std::string TextArgument(const Napi::Value &value, const char *name, size_t limit)
{
	if (!value.IsString())
		FailArgument(value.Env(), name, "a string");
	std::string text = value.As<Napi::String>().Utf8Value();
	if (text.empty() || text.size() > limit || text.find('\0') != std::string::npos)
		FailArgument(
		    value.Env(), name,
		    ("text of 1 to " + std::to_string(limit) + " bytes without NUL").c_str());
	return text;
}

std::string OptionalText(const Napi::Value &value, const char *name, size_t limit)
{
	return value.IsUndefined() ? std::string() : TextArgument(value, name, limit);
}

int64_t IntegerArgument(const Napi::Value &value, const char *name, int64_t low, int64_t high)
{
	double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
	if (!(number >= static_cast<double>(low) && number <= static_cast<double>(high)) ||
	    std::floor(number) != number) {
		std::string range =
		    "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
		FailArgument(value.Env(), name, range.c_str());
	}
	return static_cast<int64_t>(number);
}

int64_t OptionalInteger(const Napi::Value &value, const char *name, int64_t low, int64_t high,
			int64_t otherwise)
{
	return value.IsUndefined() ? otherwise : IntegerArgument(value, name, low, high);
}

bool BooleanArgument(const Napi::Value &value, const char *name)
{
	if (!value.IsBoolean())
		FailArgument(value.Env(), name, "true or false");
	return value.As<Napi::Boolean>().Value();
}

uint64_t BigArgument(const Napi::Value &value, const char *name)
{
	if (!value.IsBigInt())
		FailArgument(value.Env(), name, "a bigint");
	bool lossless = false;
	uint64_t number = value.As<Napi::BigInt>().Uint64Value(&lossless);
	if (!lossless)
		FailArgument(value.Env(), name, "a bigint from 0 to 2^64 - 1");
	return number;
}

Napi::Object ObjectArgument(const Napi::Value &value, const char *name)
{
	if (!value.IsObject())
		FailArgument(value.Env(), name, "an object");
	return value.As<Napi::Object>();
}

Bytes BytesArgument(const Napi::Value &value, const char *name)
{
	if (!value.IsTypedArray() ||
	    value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
		FailArgument(value.Env(), name, "a Uint8Array");
	Napi::Uint8Array array = value.As<Napi::Uint8Array>();
	return {array.Data(), array.ByteLength()};
}

Bytes BytesArgument(const Napi::Value &value, const char *name, size_t length)
{
	Bytes bytes = BytesArgument(value, name);
	if (bytes.length != length)
		FailArgument(value.Env(), name,
			     ("a Uint8Array of " + std::to_string(length) + " bytes, not " +
			      std::to_string(bytes.length))
				 .c_str());
	return bytes;
}

Napi::Uint8Array NewBytes(Napi::Env env, const void *data, size_t length)
{
	Napi::Uint8Array array = Napi::Uint8Array::New(env, length);
	if (length > 0)
		memcpy(array.Data(), data, length);
	return array;
}
