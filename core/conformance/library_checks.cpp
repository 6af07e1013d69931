// What is true of every plugin file: its note, what it exports, what loading it does to the host's
// arithmetic.

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <link.h>

#include <array>
#include <chrono>
#include <filesystem>

#include "conformance/arithmetic.hpp"
#include "conformance/check.hpp"
#include "conformance/elf_symbols.hpp"
#include "host/compatibility.hpp"
#include "host/elf_note.hpp"
#include "host/library.hpp"
#include "twopass/error.hpp"

namespace twopass::conformance {
namespace {

Verdict has_a_fitting_note(Subject& subject) {
  const host::ElfNotes notes = host::read_elf_notes(subject.file());
  const std::string reason = host::incompatibility(subject.file(), notes, host::this_host());
  if (!reason.empty()) return fail(reason);
  const twopass_note& note = *notes.twopass;
  if (note.version[0] == '\0' || note.summary[0] == '\0')
    return fail("its note has no version or no summary");
  return pass(
      fmt::format("ABI {}.{}, SDK {}, {}", note.abi_major, note.abi_minor, note.sdk_version, note.toolchain));
}

constexpr const char* kLinkedWithTheDriver =
    "it is linked with libcuda, so it cannot even be loaded where there is no driver: get the driver's "
    "functions "
    "through the CUDA runtime";

Verdict loads(Subject& subject) {
  const twopass_plugin* table = nullptr;
  try {
    table = host::load_library(subject.file());
  } catch (const Error& e) {
    const std::string text = e.what();
    if (text.find("libcuda.") == std::string::npos) throw;
    return fail(text + "; " + kLinkedWithTheDriver);
  }
  if (table == nullptr) return fail("its entry returned nothing");
  return host::load_library(subject.file()) == table ? pass()
                                                     : fail("its entry returns another table each time");
}

Verdict loads_quickly(Subject& subject) {
  constexpr auto kEnough = std::chrono::milliseconds(500);
  const auto start = std::chrono::steady_clock::now();
  host::load_library(subject.file());
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  if (time < kEnough) return pass();
  return warn(fmt::format(
      "loading it takes {:.1f} s, which whoever names or inspects it waits for: do less in static "
      "constructors, and open what is large in describe, load, open or build",
      time.count()));
}

Verdict has_a_sound_table(Subject& subject) {
  return pass(fmt::format("{} options", subject.table().option_count));
}

Verdict exports_its_entry_alone(Subject& subject) {
  std::vector<std::string> names = exported_symbols(subject.file());
  std::erase_if(names, [](const std::string& name) {
    return name == TWOPASS_ENTRY_SYMBOL || name == "_init" || name == "_fini";
  });
  if (names.empty()) return pass();
  const size_t count = names.size();
  names.resize(std::min<size_t>(count, 3));
  return fail(
      fmt::format("it exports {} more symbols, such as {}, which another plugin may take for its own: "
                  "build it with twopass_add_plugin, or link it with -Wl,--version-script",
                  count, fmt::join(names, ", ")));
}

Verdict leaves_arithmetic_alone(Subject& subject) {
  const Arithmetic before;
  // Not as the host loads it, who sets the state back.
  if (dlopen(subject.file().c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) == nullptr)
    return fail(dlerror());
  if (Arithmetic() == before) return pass();
  return fail(
      "loading it changes how the whole host computes (denormals, rounding or traps): it, or a library that "
      "it "
      "needs, was linked with -ffast-math or -Ofast; link it without");
}

int note_library(dl_phdr_info* info, size_t, void* found) {
  static_cast<std::vector<std::string>*>(found)->push_back(
      std::filesystem::path(info->dlpi_name).filename().string());
  return 0;
}

Verdict needs_fitting_libraries(Subject& subject) {
  static_cast<void>(subject.plugin());
  std::vector<std::string> loaded, openmp;
  dl_iterate_phdr(&note_library, &loaded);
  for (const std::string& name : loaded) {
    if (name.starts_with("libgomp.") || name.starts_with("libomp.") || name.starts_with("libiomp5."))
      openmp.push_back(name);
    if (name.starts_with("libcuda.")) return fail(kLinkedWithTheDriver);
  }
  if (openmp.size() > 1)
    return fail(
        fmt::format("it brings in {}: two OpenMP runtimes in one process crash or wait for each other",
                    fmt::join(openmp, " and ")));
  return pass();
}

}  // namespace

std::vector<Check> library_checks() {
  return {
      {"library.note", "the note in its file fits this host", has_a_fitting_note, true},
      {"library.loads", "it can be loaded, and its entry answers", loads, true},
      {"library.quick", "it is loaded in less than half a second", loads_quickly},
      {"library.table", "its plugin table and option table are sound", has_a_sound_table, true},
      {"library.exports", "it exports its entry and nothing else", exports_its_entry_alone},
      {"library.needs", "the libraries that it brings in get on with each other", needs_fitting_libraries},
      {"library.arithmetic", "loading it does not change how the host computes", leaves_arithmetic_alone},
  };
}

}  // namespace twopass::conformance
