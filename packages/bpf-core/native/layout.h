// SPDX-License-Identifier: GPL-2.0-or-later
//
// BTF types as plain JavaScript objects (StructLayout and FieldType of src/layout.ts).
#pragma once
#include <bpf/btf.h>
#include <napi.h>
#include <string>

/** A type as { kind, size, ... }; undefined for void and unknown ids. */
Napi::Value DescribeType(Napi::Env env, const btf *types, uint32_t id);

/** A struct or union by name, or undefined. */
Napi::Value StructByName(Napi::Env env, const btf *types, const std::string &name);
