#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "host/elf_note.hpp"
#include "twopass/abi.h"

namespace twopass::host {

// What a plugin file has to fit.
struct HostTraits {
  uint32_t abi_major = TWOPASS_ABI_MAJOR;
  uint32_t abi_minor = TWOPASS_ABI_MINOR;
  uint32_t sanitizer_flags = 0;  // TWOPASS_FLAG_*
  uint32_t cpu_levels = 0;       // what this CPU has, bits as in ElfNotes
};
HostTraits this_host();

// [a-z][a-z0-9_]*: what plugins and options may be called.
bool well_formed(std::string_view name);

inline constexpr std::string_view kPluginSuffix = ".twopass.so";
// The NAME of NAME.twopass.so.
std::string plugin_name_of(const std::filesystem::path& file);

// Why a file must not be loaded, judged by its notes alone: a sentence about "it", the file, that says what
// was built against what and what to do. Empty when it may be loaded.
std::string incompatibility(const std::filesystem::path& file, const ElfNotes& notes, const HostTraits& host);

}  // namespace twopass::host
