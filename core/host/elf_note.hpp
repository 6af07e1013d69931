#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "twopass/abi.h"

namespace twopass::host {

// What a shared library says about itself, read from its file without running any of its code.
struct ElfNotes {
  // The twopass note; absent when the library is no plugin. What lies past the note's own size is zero, its
  // struct_size is at most what the file holds, and its texts end within their fields.
  std::optional<twopass_note> twopass;
  // The CPU level that the code needs, bits as in GNU_PROPERTY_X86_ISA_1_NEEDED: 1 baseline, 2 x86-64-v2, 4
  // v3, 8 v4. 0 when it was not recorded.
  uint32_t cpu_levels = 0;
};

// Throws Error (TWOPASS_CORRUPT; TWOPASS_NOT_FOUND when it cannot be opened) with a sentence about "it", the
// file, when that is no complete shared library for this kind of machine. Safe on any file whatever it holds.
ElfNotes read_elf_notes(const std::filesystem::path& file);

}  // namespace twopass::host
