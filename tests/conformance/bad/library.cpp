// Plugins whose library is at fault, or whose option table is. TEST_FAULT names the fault and the plugin;
// that of `two_openmps` lies in what it is linked with, that of `exports` in how.

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "twopass/dataset.hpp"

namespace {

using namespace twopass;

constexpr std::string_view kFault = TEST_FAULT;

struct AtLoadAndEnd {
  AtLoadAndEnd() {
    if constexpr (kFault == "handles_signals") std::signal(SIGFPE, SIG_IGN);
    if constexpr (kFault == "changes_locale") std::setlocale(LC_ALL, "C.UTF-8");
    if constexpr (kFault == "changes_folder") std::filesystem::current_path("/");
    if constexpr (kFault == "prints") std::puts("Welcome!");
  }
  ~AtLoadAndEnd() {
    if constexpr (kFault == "cannot_end") std::abort();
  }
};
[[maybe_unused]] const AtLoadAndEnd kAtLoadAndEnd;

class BadLibrary : public Dataset {
 public:
  static constexpr std::array<Option, 1> kOptions{
      integer("count", kFault == "bad_default" ? "7" : "1", "Images.").at_least(1).at_most(3)};
  static std::span<const Option> options() { return kOptions; }

  BadLibrary(const Values& values, const Host&) {
    if constexpr (kFault != "unread") static_cast<void>(values.integer("count"));
    for (volatile bool waiting = kFault == "hangs"; waiting;) continue;
  }
  DatasetInfo describe() override { return {1, 1, 1, {"a"}}; }
  Images load(Split) override { return {{0}, {0}}; }
};

// As if no value were ever larger than this SDK's.
[[maybe_unused]] int32_t walk_as_array(const twopass_host* host, const twopass_values* values, void** self,
                                       twopass_error* error) {
  for (uint32_t index = 0; index < values->count; ++index)
    if (std::string_view(values->items[index].name).empty())
      return abi::fill(error, TWOPASS_INTERNAL, "no name");
  return abi::create<BadLibrary>(host, values, self, error);
}

}  // namespace

#ifdef TEST_OWN_ENTRY
[[gnu::section(TWOPASS_NOTE_SECTION), gnu::used, gnu::aligned(4)]] static constexpr abi::ElfNote kNote =
    abi::make_note(TWOPASS_DATASET, TEST_FAULT, "1", "A bad library.");
extern "C" [[gnu::visibility("default")]] const twopass_plugin* twopass_plugin_entry_v1() {
  static twopass_plugin plugins[2];
  static int calls = 0;
  twopass_plugin& plugin = plugins[kFault == "two_tables" ? calls++ % 2 : 0];
  plugin = abi::describe<BadLibrary>(TEST_FAULT, "1", "A bad library.");
  if (kFault == "walks_as_array") plugin.create = &walk_as_array;
  return &plugin;
}
#else
TWOPASS_PLUGIN(BadLibrary, TEST_FAULT, "1", "A bad library.")
#endif

#ifdef TEST_EXPORTS
extern "C" [[gnu::visibility("default")]] int helper_that_others_may_have() { return 1; }
#endif
