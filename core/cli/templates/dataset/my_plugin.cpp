// Stripes in three directions, drawn rather than read, so that this runs at once. Replace `load`; a dataset
// on disk reads `values.texts("roots")` in its constructor and looks for its files below these folders.

#include <algorithm>
#include <array>

#include "twopass/dataset.hpp"
#include "twopass/random.hpp"

namespace {

using namespace twopass;

constexpr int64_t kSide = 16;

constexpr std::array kOptions = {
    integer("count", "1000", "Training images; there are half as many test images.")
        .at_least(10)
        .at_most(100'000),
    number("noise", "40", "Largest random change of a pixel.")
        .at_least(0)
        .at_most(127)
        .in_units("grey levels"),
};

class MyPluginDataset : public Dataset {
 public:
  static std::span<const Option> options() { return kOptions; }

  MyPluginDataset(const Values& values, const Host&)
      : count_(values.integer("count")), noise_(static_cast<float>(values.number("noise"))) {}

  DatasetInfo describe() override { return {1, kSide, kSide, {"horizontal", "vertical", "diagonal"}}; }

  // The same images at each call, whatever the run's seed: a dataset is what it is.
  Images load(Split split) override {
    const bool train = split == Split::kTrain;
    Random random(train ? 1 : 2, Purpose::kFirstUser);
    Images images;
    for (int64_t image = 0; image < (train ? count_ : count_ / 2); ++image) {
      const auto label = static_cast<int32_t>(random.below(3));
      const auto phase = static_cast<int64_t>(random.below(4));
      images.labels.push_back(label);
      for (int64_t row = 0; row < kSide; ++row)
        for (int64_t column = 0; column < kSide; ++column) {
          const int64_t along = label == 0 ? row : label == 1 ? column : row + column;
          const float grey =
              ((along + phase) / 2 % 2 == 0 ? 190.0F : 60.0F) + random.uniform(-noise_, noise_);
          images.pixels.push_back(static_cast<uint8_t>(std::clamp(grey, 0.0F, 255.0F)));
        }
    }
    return images;
  }

 private:
  int64_t count_;
  float noise_;
};

}  // namespace

TWOPASS_PLUGIN(MyPluginDataset, "my_plugin", "0.1.0", "Stripes in three directions.")
