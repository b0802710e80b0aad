// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a failure reaches JavaScript: as one exception made by the factory of src/errors.ts.
#pragma once
#include <napi.h>
#include <string>

/**
 * Collects what libbpf prints on this thread while it lives; the text of a call goes into its
 * error and nowhere else. Scopes nest: the innermost collects.
 */
class LogScope {
      public:
	LogScope();
	~LogScope();
	LogScope(const LogScope &) = delete;
	LogScope &operator=(const LogScope &) = delete;

	const std::string &text() const { return text_; }
	void Append(const char *line, size_t length);

      private:
	LogScope *outer_;
	std::string text_;
};

/** Routes libbpf's print callback to the scopes. Any thread, any number of times. */
void InstallLogSink();

/**
 * Throws the JavaScript error for a failure.
 * code: the stable code; operation: what was tried, with the object's name; error: a positive
 * errno, or 0 when no system call failed; log: what libbpf said.
 */
[[noreturn]] void Fail(Napi::Env env, const char *code, const std::string &operation, int error = 0,
		       const std::string &log = {});
