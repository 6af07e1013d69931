// A dataset whose splits contradict each other. Who learns from one cannot be right about the other; whoever
// is has looked into it.

#include "bright_columns.hpp"

namespace {

using namespace twopass;
using test::kHeight, test::kWidth;

constexpr int32_t kClasses = 3;

class Contrary : public Dataset {
 public:
  static std::span<const Option> options() { return {}; }

  Contrary(const Values&, const Host&) {}

  DatasetInfo describe() override { return {1, kHeight, kWidth, {"0", "1", "2"}}; }

  // Class c is a bright column c of a training image, and the mirror image of a column c + 1 of a test image.
  Images load(Split split) override {
    return test::bright_columns(split, kClasses, [&](int32_t label) {
      return split == Split::kTrain ? label : kWidth - 1 - (label + 1) % kClasses;
    });
  }
};

}  // namespace

TWOPASS_PLUGIN(Contrary, "contrary", "1.0.0", "Splits that contradict each other.")
