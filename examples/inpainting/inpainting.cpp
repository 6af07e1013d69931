// Inpainting as classification: a square of the image is hidden, and the label is how bright it was. The idea
// is that of context encoders (Pathak et al. 2016, arXiv:1604.07379), with the square's mean brightness in a
// few steps instead of its pixels, since trainers here learn classes.
//
// No map of pixels can say this: the label depends on what the pixels hold, and the square's place is drawn
// anew for each image and epoch. So the task leaves `maps` empty and transforms image by image.

#include <algorithm>
#include <array>
#include <string>

#include "twopass/pretext.hpp"

namespace {

using namespace twopass;

constexpr int64_t kGreyLevels = 256;

constexpr std::array kOptions = {
    integer("side", "8", "Side of the hidden square.").at_least(1).at_most(1024).in_units("pixels"),
    integer("levels", "4", "Steps of brightness to tell apart: the number of classes.")
        .at_least(2)
        .at_most(16),
};

class Inpainting : public Pretext {
 public:
  static std::span<const Option> options() { return kOptions; }

  Inpainting(const Values& values, const Host&)
      : side_(values.integer("side")), levels_(values.integer("levels")) {}

  Task negotiate(const DatasetInfo& dataset) override {
    if (side_ >= std::min(dataset.height, dataset.width))
      throw Error("a square of " + std::to_string(side_) + " pixels leaves nothing to see of images of " +
                      std::to_string(dataset.height) + "x" + std::to_string(dataset.width) + " pixels",
                  TWOPASS_INVALID_ARGUMENT, "side");
    shape_ = dataset;
    Task task{dataset.channels, dataset.height, dataset.width, {}, TWOPASS_LABEL_IS_MAP, {}};
    for (int64_t level = 0; level < levels_; ++level)
      task.class_names.push_back("brightness " + std::to_string(level + 1) + " of " +
                                 std::to_string(levels_));
    return task;
  }

  // All randomness comes from `random`: the same for the same seed, epoch and image.
  int32_t transform(std::span<const uint8_t> image, int32_t /*label*/, Random& random,
                    std::span<uint8_t> out) override {
    const auto first_row =
        static_cast<int64_t>(random.below(static_cast<uint32_t>(shape_.height - side_ + 1)));
    const auto first_column =
        static_cast<int64_t>(random.below(static_cast<uint32_t>(shape_.width - side_ + 1)));
    std::ranges::copy(image, out.begin());
    int64_t sum = 0;
    for (int64_t channel = 0; channel < shape_.channels; ++channel)
      for (int64_t row = first_row; row < first_row + side_; ++row)
        for (int64_t column = first_column; column < first_column + side_; ++column) {
          uint8_t& pixel = out[static_cast<size_t>((channel * shape_.height + row) * shape_.width + column)];
          sum += pixel;
          pixel = kGreyLevels / 2;  // grey, for black is what most backgrounds are
        }
    const int64_t mean = sum / (shape_.channels * side_ * side_);
    return static_cast<int32_t>(mean * levels_ / kGreyLevels);
  }

 private:
  int64_t side_, levels_;
  DatasetInfo shape_;
};

}  // namespace

TWOPASS_PLUGIN(Inpainting, "inpainting", "1.0.0", "Tell how bright a hidden square of the image was.")
