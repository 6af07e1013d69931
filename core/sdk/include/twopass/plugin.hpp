#pragma once

// What every kind of plugin shares: the ELF note, the entry symbol and the registration macro. Authors
// include the header of their kind: <twopass/dataset.hpp>, <twopass/pretext.hpp>, <twopass/trainer.hpp>,
// <twopass/backend.hpp>.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "twopass/abi.h"
#include "twopass/error.hpp"
#include "twopass/option.hpp"

#define TWOPASS_SDK_VERSION "1.1.0"  // its major number is the ABI's

namespace twopass {

static_assert(TWOPASS_SDK_VERSION[0] == '0' + TWOPASS_ABI_MAJOR && TWOPASS_SDK_VERSION[1] == '.');

// Services of the host; valid as long as the plugin's instance.
class Host {
 public:
  explicit Host(const twopass_host* host) : host_(host) {}
  void info(const std::string& text) const { host_->log(host_->self, TWOPASS_LOG_INFO, text.c_str()); }
  void warn(const std::string& text) const { host_->log(host_->self, TWOPASS_LOG_WARNING, text.c_str()); }

 private:
  const twopass_host* host_;
};

namespace abi {

struct ElfNote {
  uint32_t owner_size, descriptor_size, type;
  char owner[sizeof TWOPASS_NOTE_OWNER];
  twopass_note note;
};

template <size_t N>
consteval void place_text(char (&target)[N], std::string_view text) {
  if (text.size() >= N) throw "text too long for the plugin's note";
  for (size_t index = 0; index < text.size(); ++index) target[index] = text[index];
}

consteval uint32_t sanitizer_flags() {
  uint32_t flags = 0;
#if defined(__SANITIZE_ADDRESS__)
  flags |= TWOPASS_FLAG_ADDRESS_SANITIZER;
#endif
#if defined(__SANITIZE_THREAD__)
  flags |= TWOPASS_FLAG_THREAD_SANITIZER;
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  flags |= TWOPASS_FLAG_ADDRESS_SANITIZER;
#endif
#if __has_feature(thread_sanitizer)
  flags |= TWOPASS_FLAG_THREAD_SANITIZER;
#endif
#endif
  return flags;
}

// Not every toolchain records the level in the file itself, so the note does. One instruction set of a level
// is enough to need it.
consteval uint32_t cpu_level() {
#if defined(__AVX512F__)
  return 4;
#elif defined(__AVX2__) || defined(__AVX__) || defined(__FMA__) || defined(__F16C__) || defined(__BMI__) || \
    defined(__BMI2__) || defined(__LZCNT__) || defined(__MOVBE__)
  return 3;
#elif defined(__SSE4_2__) || defined(__SSE4_1__) || defined(__SSSE3__) || defined(__SSE3__) || \
    defined(__POPCNT__)
  return 2;
#elif defined(__x86_64__)
  return 1;
#else
  return 0;
#endif
}

consteval ElfNote make_note(twopass_kind kind, std::string_view name, std::string_view version,
                            std::string_view summary) {
  ElfNote elf{};
  elf.owner_size = sizeof TWOPASS_NOTE_OWNER;
  elf.descriptor_size = sizeof(twopass_note);
  elf.type = TWOPASS_NOTE_TYPE;
  place_text(elf.owner, TWOPASS_NOTE_OWNER);
  elf.note.struct_size = sizeof(twopass_note);
  elf.note.abi_major = TWOPASS_ABI_MAJOR;
  elf.note.abi_minor = TWOPASS_ABI_MINOR;
  elf.note.kind = kind;
  elf.note.flags = sanitizer_flags();
  elf.note.cpu_level = cpu_level();
  place_text(elf.note.name, name);
  place_text(elf.note.version, version);
  place_text(elf.note.sdk_version, TWOPASS_SDK_VERSION);
  place_text(elf.note.summary, summary);
#if defined(__clang__)
  place_text(elf.note.toolchain, "clang " __clang_version__);
#else
  place_text(elf.note.toolchain, "g++ " __VERSION__);
#endif
  return elf;
}

// Strings as the ABI passes them; lives beside the strings.
inline std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> result;
  for (const std::string& text : texts) result.push_back(text.c_str());
  return result;
}

// `Kind::Instance` is what lives behind a plugin's `self`; `Kind::kApi` its function table.
template <class Plugin>
int32_t create(const twopass_host* host, const twopass_values* values, void** self, twopass_error* error) {
  return guard(error, [&] {
    using Instance = typename Plugin::Instance;
    *self = std::make_unique<Instance>(std::make_unique<Plugin>(Values(*values), Host(host))).release();
  });
}

template <class Plugin>
void destroy(void* self) {
  std::unique_ptr<typename Plugin::Instance> ended(static_cast<typename Plugin::Instance*>(self));
}

template <class Plugin>
twopass_plugin describe(const char* name, const char* version, const char* summary) {
  const std::span<const Option> options = Plugin::options();
  return {sizeof(twopass_plugin),
          Plugin::kKind,
          name,
          version,
          summary,
          options.data(),
          static_cast<uint32_t>(options.size()),
          0,
          &create<Plugin>,
          &destroy<Plugin>,
          &Plugin::kApi};
}

}  // namespace abi
}  // namespace twopass

// Ends a plugin's source file, outside of any namespace. `Class` derives from Dataset, Pretext, Trainer or
// Backend and has:  static std::span<const twopass::Option> options();  Class(const twopass::Values&, const
// twopass::Host&); The constructor reads options and checks what belongs together; it throws twopass::Error
// with the option's name.
#define TWOPASS_PLUGIN(Class, plugin_name, plugin_version, plugin_summary)                    \
  [[gnu::section(TWOPASS_NOTE_SECTION), gnu::used,                                            \
    gnu::aligned(4)]] static constexpr ::twopass::abi::ElfNote twopass_plugin_note =          \
      ::twopass::abi::make_note(Class::kKind, plugin_name, plugin_version, plugin_summary);   \
  extern "C" [[gnu::visibility("default")]] const twopass_plugin* twopass_plugin_entry_v1() { \
    static const twopass_plugin plugin =                                                      \
        ::twopass::abi::describe<Class>(plugin_name, plugin_version, plugin_summary);         \
    return &plugin;                                                                           \
  }
