// SPDX-License-Identifier: GPL-2.0-or-later
//
// libbpf_probe_*: what the running kernel can do, found by trying.
#pragma once
#include <bpf/bpf.h>
#include <napi.h>

void RegisterProbes(Napi::Env env, Napi::Object exports);

/** The kind of map that libbpf calls so, e.g. `hash`. */
bpf_map_type MapType(const Napi::Value &value);
