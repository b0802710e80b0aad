// SPDX-License-Identifier: GPL-2.0-or-later
//
// Extended attributes of files, which Node.js cannot read.
#pragma once
#include <napi.h>

/** (path: Uint8Array) => [name, value, name, value, ...]: bytes each; of the link, not behind it.
 */
Napi::Value ExtendedAttributes(const Napi::CallbackInfo &info);
