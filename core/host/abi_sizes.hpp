#pragma once

#include <cstddef>

#include "twopass/abi.h"

// What plugins of ABI 1.0 hand over, and so the least that any plugin does. A field that comes later leaves
// these as they are.
namespace twopass::host::abi_1_0 {

inline constexpr size_t kNote = offsetof(twopass_note, toolchain) + sizeof(twopass_note::toolchain);
inline constexpr size_t kPlugin = offsetof(twopass_plugin, api) + sizeof(twopass_plugin::api);
inline constexpr size_t kOption = offsetof(twopass_option, choices) + sizeof(void*);

static_assert(kNote == 392 && kPlugin == 72 && kOption == 72, "a 1.0 field has moved");

}  // namespace twopass::host::abi_1_0
