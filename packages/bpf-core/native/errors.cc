// SPDX-License-Identifier: GPL-2.0-or-later
#include "errors.h"
#include "env.h"
#include <bpf/libbpf.h>
#include <cstdarg>
#include <cstdio>

namespace {
thread_local LogScope *current = nullptr;

// A verifier log can reach 16 MB; the end of it tells why.
constexpr size_t kKeep = 4 << 20;

int Print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_DEBUG || current == nullptr)
		return 0;
	va_list again;
	va_copy(again, arguments);
	int length = vsnprintf(nullptr, 0, format, arguments);
	if (length > 0) {
		std::string line(static_cast<size_t>(length) + 1, '\0');
		vsnprintf(line.data(), line.size(), format, again);
		current->Append(line.data(), static_cast<size_t>(length));
	}
	va_end(again);
	return length;
}
} // namespace

LogScope::LogScope() : outer_(current)
{
	current = this;
}

LogScope::~LogScope()
{
	current = outer_;
}

void LogScope::Append(const char *line, size_t length)
{
	text_.append(line, length);
	if (text_.size() > 2 * kKeep)
		text_.erase(0, text_.size() - kKeep);
}

void InstallLogSink()
{
	libbpf_set_print(Print);
}

void Fail(Napi::Env env, const char *code, const std::string &operation, int error,
	  const std::string &log)
{
	Napi::Value made = EnvData::Of(env).makeError.Call(
	    {Napi::String::New(env, code), Napi::String::New(env, operation),
	     Napi::Number::New(env, error), Napi::String::New(env, log)});
	throw Napi::Error(env, made);
}
