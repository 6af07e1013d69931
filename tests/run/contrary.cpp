// A dataset whose splits contradict each other: 300 + 100 images of 8x6 pixels. Who learns from one cannot be
// right about the other; whoever is has looked into it.

#include "twopass/dataset.hpp"
#include "twopass/random.hpp"

namespace {

using namespace twopass;

constexpr int64_t kHeight = 8, kWidth = 6;
constexpr int32_t kClasses = 3;

class Contrary : public Dataset {
 public:
  static std::span<const Option> options() { return {}; }

  Contrary(const Values&, const Host&) {}

  DatasetInfo describe() override { return {1, kHeight, kWidth, {"0", "1", "2"}}; }

  // Class c is a bright column c of a training image, and the mirror image of a column c + 1 of a test image.
  Images load(Split split) override {
    const bool train = split == Split::kTrain;
    Random random(0, Purpose::kFirstUser, static_cast<uint64_t>(split));
    Images images;
    for (int count = train ? 300 : 100; count > 0; --count) {
      const auto label = static_cast<int32_t>(random.below(kClasses));
      const int64_t bright = train ? label : kWidth - 1 - (label + 1) % kClasses;
      for (int64_t pixel = 0; pixel < kHeight * kWidth; ++pixel)
        images.pixels.push_back(
            static_cast<uint8_t>((pixel % kWidth == bright ? 150U : 0U) + random.below(100)));
      images.labels.push_back(label);
    }
    return images;
  }
};

}  // namespace

TWOPASS_PLUGIN(Contrary, "contrary", "1.0.0", "Splits that contradict each other.")
