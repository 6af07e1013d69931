#include "host/compatibility.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "host/abi_sizes.hpp"
#include "twopass/plugin.hpp"

namespace twopass::host {
namespace {

std::string abi_mismatch(const twopass_note& note, const HostTraits& host) {
  const bool same_major = note.abi_major == host.abi_major;
  if (same_major && note.abi_minor <= host.abi_minor) return {};
  const bool plugin_is_newer = same_major || note.abi_major > host.abi_major;
  return fmt::format("it was built against plugin ABI {}.{} (SDK {}), this host has {}.{} (SDK {}): {}",
                     note.abi_major, note.abi_minor, note.sdk_version, host.abi_major, host.abi_minor,
                     TWOPASS_SDK_VERSION,
                     plugin_is_newer ? "update twopass, or build the plugin against this host's SDK"
                                     : "update the plugin, or build it again against this host's SDK");
}

std::string name_mismatch(const std::filesystem::path& file, std::string_view name) {
  if (!well_formed(name))
    return fmt::format("it calls itself '{}'; a name begins with a letter and has only a-z, 0-9 and _", name);
  if (plugin_name_of(file) == name) return {};
  return fmt::format("it calls itself '{0}', so its file must be named {0}{1}", name, kPluginSuffix);
}

std::string sanitizer_words(uint32_t flags) {
  if (flags == 0) return "no sanitizer";
  std::string words;
  if ((flags & TWOPASS_FLAG_ADDRESS_SANITIZER) != 0) words += "AddressSanitizer";
  if ((flags & TWOPASS_FLAG_THREAD_SANITIZER) != 0)
    words += words.empty() ? "ThreadSanitizer" : " and ThreadSanitizer";
  return words.empty() ? fmt::format("unknown flags {:#x}", flags) : words;
}

std::string sanitizer_mismatch(uint32_t flags, uint32_t host_flags) {
  if (flags == host_flags) return {};
  return fmt::format("it was built with {}, this host with {}: give both the same -fsanitize flags",
                     sanitizer_words(flags), sanitizer_words(host_flags));
}

std::string cpu_level_words(uint32_t level) {
  switch (level) {
    case GNU_PROPERTY_X86_ISA_1_BASELINE:
      return "x86-64";
    case GNU_PROPERTY_X86_ISA_1_V2:
      return "x86-64-v2 (SSE4.2)";
    case GNU_PROPERTY_X86_ISA_1_V3:
      return "x86-64-v3 (AVX2)";
    case GNU_PROPERTY_X86_ISA_1_V4:
      return "x86-64-v4 (AVX-512)";
    default:
      return fmt::format("bit {:#x} of GNU_PROPERTY_X86_ISA_1_NEEDED, newer than this host knows", level);
  }
}

std::string cpu_mismatch(uint32_t needed, uint32_t available) {
  const uint32_t missing = needed & ~available;
  if (missing == 0) return {};
  return fmt::format("it needs a CPU of level {}, which this one is not: build it with a lower -march",
                     cpu_level_words(missing & (0U - missing)));
}

// The SDK's own record, for toolchains that leave none in the file's properties: 1 to 4 for x86-64 to
// x86-64-v4.
uint32_t recorded_cpu_level(const twopass_note& note) {
  constexpr uint32_t kBits = 32;
  return note.cpu_level == 0 ? 0 : 1U << std::min(note.cpu_level - 1, kBits - 1);
}

std::string unknown_kind(uint32_t kind) {
  if (kind >= TWOPASS_DATASET && kind <= TWOPASS_BACKEND) return {};
  return fmt::format("its kind is number {}, which this host does not know", kind);
}

}  // namespace

HostTraits this_host() {
  HostTraits host;
  host.sanitizer_flags = abi::sanitizer_flags();
  host.cpu_levels = GNU_PROPERTY_X86_ISA_1_BASELINE;
  // Not "x86-64-v3" and the like, which clang 14 does not know. AVX counts only where the kernel saves its
  // registers.
  if (!__builtin_cpu_supports("ssse3") || !__builtin_cpu_supports("sse4.2") ||
      !__builtin_cpu_supports("popcnt"))
    return host;
  host.cpu_levels |= GNU_PROPERTY_X86_ISA_1_V2;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2"))
    return host;
  host.cpu_levels |= GNU_PROPERTY_X86_ISA_1_V3;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    host.cpu_levels |= GNU_PROPERTY_X86_ISA_1_V4;
  return host;
}

bool well_formed(std::string_view name) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, allowed);
}

std::string plugin_name_of(const std::filesystem::path& file) {
  std::string name = file.filename().string();
  if (name.ends_with(kPluginSuffix)) name.resize(name.size() - kPluginSuffix.size());
  return name;
}

std::string incompatibility(const std::filesystem::path& file, const ElfNotes& notes,
                            const HostTraits& host) {
  if (!notes.twopass) return "it is a shared library but no twopass plugin: it has no twopass note";
  const twopass_note& note = *notes.twopass;
  if (note.struct_size < offsetof(twopass_note, kind))
    return fmt::format("its twopass note is damaged: {} bytes do not even hold an ABI version",
                       note.struct_size);
  // First, because the rest of another ABI's note may mean something else.
  if (std::string reason = abi_mismatch(note, host); !reason.empty()) return reason;
  if (note.struct_size < abi_1_0::kNote)
    return fmt::format("its twopass note has {} bytes where ABI {}.0 has {}: build it again",
                       note.struct_size, host.abi_major, abi_1_0::kNote);
  for (const std::string& reason :
       {unknown_kind(note.kind), name_mismatch(file, note.name),
        sanitizer_mismatch(note.flags, host.sanitizer_flags),
        cpu_mismatch(notes.cpu_levels | recorded_cpu_level(note), host.cpu_levels)})
    if (!reason.empty()) return reason;
  return {};
}

}  // namespace twopass::host
