// A dataset that needs no file: 300 + 100 images of 8x6 pixels, dark but for noise and one bright column,
// whose place is the class. Too easy for words, and not square.

#include <array>

#include "twopass/dataset.hpp"
#include "twopass/random.hpp"

namespace {

using namespace twopass;

constexpr int64_t kHeight = 8, kWidth = 6;

class Bars : public Dataset {
 public:
  static std::span<const Option> options() { return {}; }

  Bars(const Values&, const Host&) {}

  DatasetInfo describe() override { return {1, kHeight, kWidth, {"0", "1", "2", "3", "4", "5"}}; }

  Images load(Split split) override {
    Random random(0, Purpose::kFirstUser, static_cast<uint64_t>(split));
    Images images;
    for (int count = split == Split::kTrain ? 300 : 100; count > 0; --count) {
      const auto label = static_cast<int32_t>(random.below(kWidth));
      for (int64_t pixel = 0; pixel < kHeight * kWidth; ++pixel)
        images.pixels.push_back(
            static_cast<uint8_t>((pixel % kWidth == label ? 150U : 0U) + random.below(100)));
      images.labels.push_back(label);
    }
    return images;
  }
};

}  // namespace

TWOPASS_PLUGIN(Bars, "bars", "1.0.0", "Bright columns: 8x6 grey, 6 classes, 300 + 100 images.")
