// A pretext task that is no map of pixels: was the image turned into its photographic negative?

#include <algorithm>

#include "twopass/pretext.hpp"

namespace {

using namespace twopass;

class Negative : public Pretext {
 public:
  static std::span<const Option> options() { return {}; }

  Negative(const Values&, const Host&) {}

  Task negotiate(const DatasetInfo& dataset) override {
    return {dataset.channels,         dataset.height,       dataset.width,
            {"as it is", "negative"}, TWOPASS_LABEL_IS_MAP, {}};
  }

  int32_t transform(std::span<const uint8_t> image, int32_t, Random& random,
                    std::span<uint8_t> out) override {
    const auto label = static_cast<int32_t>(random.below(2));
    std::ranges::transform(image, out.begin(), [&](uint8_t pixel) {
      return label == 0 ? pixel : static_cast<uint8_t>(255 - pixel);
    });
    return label;
  }
};

}  // namespace

TWOPASS_PLUGIN(Negative, "negative", "1.0.0", "Tell whether an image is its negative, 2 classes.")
