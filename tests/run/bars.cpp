// Images whose bright column is their class. Too easy for words, and not square.

#include "bright_columns.hpp"

namespace {

using namespace twopass;
using test::kHeight, test::kWidth;

class Bars : public Dataset {
 public:
  static std::span<const Option> options() { return {}; }

  Bars(const Values&, const Host&) {}

  DatasetInfo describe() override { return {1, kHeight, kWidth, {"0", "1", "2", "3", "4", "5"}}; }

  Images load(Split split) override {
    return test::bright_columns(split, kWidth, [](int32_t label) { return label; });
  }
};

}  // namespace

TWOPASS_PLUGIN(Bars, "bars", "1.0.0", "Bright columns: 8x6 grey, 6 classes, 300 + 100 images.")
