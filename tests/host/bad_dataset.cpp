// Datasets that are wrong in ways that the SDK's classes do not allow, which is why this is written against
// abi.h. TEST_FAULT names the fault and the plugin. Some lie in how it is built: no_entry, fast_math and
// with_fma.

#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "twopass/plugin.hpp"

extern "C" void twopass_test_symbol_that_nobody_defines();

namespace {

constexpr std::string_view kFault = TEST_FAULT;
constexpr const char* kName = TEST_FAULT;

int run_when_loaded() {
  if constexpr (kFault == "aborts_on_load") std::abort();
  if constexpr (kFault == "missing_symbol") twopass_test_symbol_that_nobody_defines();
  return 0;
}
[[maybe_unused]] const int kLoaded = run_when_loaded();

constexpr const char* kDoc = kFault == "undocumented_option" ? "" : "Nothing.";
constexpr twopass::Option kOption = twopass::integer("count", "1", kDoc);

int32_t create(const twopass_host*, const twopass_values*, void** self, twopass_error*) {
  static int instance = 0;
  if constexpr (kFault == "throws_in_create") throw std::runtime_error("thrown across the boundary");
  if constexpr (kFault == "throws_a_number") throw 5;
  if constexpr (kFault == "silent_create") return TWOPASS_OUT_OF_MEMORY;
  *self = kFault == "no_instance" ? nullptr : &instance;
  return TWOPASS_OK;
}

int32_t describe(void*, twopass_dataset_info* info, twopass_error*) {
  *info = {sizeof *info, 2, 1, 1, 1, nullptr};
  return TWOPASS_OK;
}

int32_t load(void*, uint32_t, twopass_images* images, twopass_error*) {
  static const int32_t kLabel = 0;
  *images = {sizeof *images, 0, 1, nullptr, &kLabel, 2};
  return TWOPASS_OK;
}

constexpr twopass_dataset_api kApi{sizeof(twopass_dataset_api), 0, &describe, &load};
constexpr twopass_plugin kPlugin{sizeof(twopass_plugin),
                                 TWOPASS_DATASET,
                                 kName,
                                 "1",
                                 "A bad one.",
                                 &kOption,
                                 1,
                                 0,
                                 &create,
                                 [](void*) {},
                                 &kApi};

[[gnu::section(TWOPASS_NOTE_SECTION), gnu::used, gnu::aligned(4)]] constexpr twopass::abi::ElfNote kNote =
    twopass::abi::make_note(TWOPASS_DATASET, kName, "1", "A bad one.");

}  // namespace

extern "C" [[gnu::visibility("default")]] const twopass_plugin* twopass_plugin_entry_v1() {
  return kFault == "null_entry" ? nullptr : &kPlugin;
}
