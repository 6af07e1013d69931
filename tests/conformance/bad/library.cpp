// Plugins whose library is at fault, or whose option table is. TEST_FAULT names the fault and the plugin;
// that of `two_openmps` lies in what it is linked with, that of `exports` in how.

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <thread>

#include "twopass/dataset.hpp"

namespace {

using namespace twopass;

constexpr std::string_view kFault = TEST_FAULT;
constexpr std::array<twopass_choice, 1> kChoices{{{"one", "the only one"}}};
constexpr Option make_option() {
  if (kFault == "bad_choice") return choice("count", "two", kChoices, "Images.");
  if (kFault == "empty_range") return integer("count", "2", "Images.").at_least(3).at_most(1);
  return integer("count", kFault == "bad_default" ? "7" : "1", "Images.").at_least(1).at_most(3);
}

struct AtLoadAndEnd {
  AtLoadAndEnd() {
    if constexpr (kFault == "handles_signals") std::signal(SIGFPE, SIG_IGN);
    if constexpr (kFault == "changes_locale") std::setlocale(LC_ALL, "C.UTF-8");
    if constexpr (kFault == "changes_folder") std::filesystem::current_path("/");
    if constexpr (kFault == "prints") std::puts("Welcome!");
    if constexpr (kFault == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(600));
  }
  ~AtLoadAndEnd() {
    if constexpr (kFault == "cannot_end") std::abort();
  }
};
[[maybe_unused]] const AtLoadAndEnd kAtLoadAndEnd;

class BadLibrary : public Dataset {
 public:
  static constexpr std::array<Option, 1> kOptions{make_option()};
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
// All are one.
static int32_t make_one(const twopass_host* host, const twopass_values* values, void** self,
                        twopass_error* error) {
  static void* one = nullptr;
  const int32_t status = one == nullptr ? abi::create<BadLibrary>(host, values, &one, error) : TWOPASS_OK;
  *self = one;
  return status;
}

[[gnu::section(TWOPASS_NOTE_SECTION), gnu::used, gnu::aligned(4)]] static constexpr abi::ElfNote kNote =
    abi::make_note(TWOPASS_DATASET, TEST_FAULT, "1", "A bad library.");
extern "C" [[gnu::visibility("default")]] const twopass_plugin* twopass_plugin_entry_v1() {
  static twopass_plugin plugins[2];
  static int calls = 0;
  twopass_plugin& plugin = plugins[kFault == "two_tables" ? calls++ % 2 : 0];
  plugin = abi::describe<BadLibrary>(kFault == "other_name" ? "renamed" : TEST_FAULT, "1", "A bad library.");
  if (kFault == "walks_as_array") plugin.create = &walk_as_array;
  if (kFault == "one_for_all") {
    plugin.create = &make_one;
    plugin.destroy = [](void*) {};
  }
  return &plugin;
}
#else
TWOPASS_PLUGIN(BadLibrary, TEST_FAULT, "1", "A bad library.")
#endif

#ifdef TEST_EXPORTS
extern "C" [[gnu::visibility("default")]] int helper_that_others_may_have() { return 1; }
#endif
