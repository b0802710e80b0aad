// SPDX-License-Identifier: GPL-2.0-or-later
#include "xattr.h"
#include "args.h"
#include <cerrno>
#include <climits>
#include <cstring>
#include <sys/xattr.h>

namespace {
/**
 * What `read` (buffer, size) gives, which tells its size when asked with none. What grows in
 * between is asked for again. Returns -1 with errno set when it fails.
 */
template <class Read> ssize_t ReadAll(std::string &into, Read read)
{
	for (;;) {
		ssize_t size = read(nullptr, 0);
		if (size <= 0)
			return size;
		into.resize(static_cast<size_t>(size));
		size = read(into.data(), into.size());
		if (size >= 0 || errno != ERANGE)
			return size;
	}
}

[[noreturn]] void FailFile(Napi::Env env, const std::string &path)
{
	Fail(env, "BPF_FILE_FAILED", "read extended attributes of " + path, errno);
}
} // namespace

Napi::Value ExtendedAttributes(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Bytes given = BytesArgument(info[0], "path");
	std::string path(reinterpret_cast<const char *>(given.data), given.length);
	if (path.empty() || path.size() >= PATH_MAX || path.find('\0') != std::string::npos)
		FailArgument(env, "path", "1 to 4095 bytes without NUL");

	std::string names, value;
	ssize_t size = ReadAll(names, [&](char *buffer, size_t room) {
		return llistxattr(path.c_str(), buffer, room);
	});
	Napi::Array found = Napi::Array::New(env);
	if (size < 0 && errno == ENOTSUP)
		return found; // a file system without any
	if (size < 0)
		FailFile(env, path);
	const char *end = names.data() + size;
	for (const char *name = names.data(); size > 0 && name < end; name += strlen(name) + 1) {
		ssize_t length = ReadAll(value, [&](char *buffer, size_t room) {
			return lgetxattr(path.c_str(), name, buffer, room);
		});
		if (length < 0 && (errno == ENODATA || errno == ENOTSUP))
			continue; // removed meanwhile, or listed by a file system that hides it
		if (length < 0)
			FailFile(env, path);
		found.Set(found.Length(), NewBytes(env, name, strlen(name)));
		found.Set(found.Length(), NewBytes(env, value.data(), static_cast<size_t>(length)));
	}
	return found;
}
