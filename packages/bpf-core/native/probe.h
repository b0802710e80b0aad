// SPDX-License-Identifier: GPL-2.0-or-later
//
// libbpf_probe_*: what the running kernel can do, found by trying.
#pragma once
#include <napi.h>

void RegisterProbes(Napi::Env env, Napi::Object exports);
