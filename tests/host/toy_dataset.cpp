// A dataset of four images of one channel, two rows and three columns; its option `fault` makes it misbehave.

#include <array>
#include <stdexcept>

#include "twopass/dataset.hpp"

namespace {

using twopass::DatasetInfo;
using twopass::Error;
using twopass::Images;

constexpr std::array<twopass_choice, 9> kFaults{{
    {"none", "behaves"},
    {"label_too_large", "label 3 of three classes"},
    {"negative_label", "label -1"},
    {"no_height", "describes images of height 0"},
    {"huge", "describes images of more pixels than can be counted"},
    {"few_pixels", "pixels for half of the labels"},
    {"no_classes", "describes no class"},
    {"no_images", "loads nothing"},
    {"throws", "throws when made"},
}};

constexpr std::array<twopass::Option, 4> kOptions{
    twopass::choice("fault", "none", kFaults, "What is wrong with it."),
    twopass::number("noise", "0.5", "Nothing.").above(0).at_most(1).in_units("grey levels"),
    twopass::integer("count", "4", "Nothing.").at_least(1),
    twopass::text_list("roots", twopass::kRequired, "Nothing."),
};

class ToyDataset : public twopass::Dataset {
 public:
  ToyDataset(const twopass::Values& values, const twopass::Host& host) : fault_(values.choice("fault")) {
    if (fault_ == "throws") throw Error("such a fault cannot be", TWOPASS_INVALID_ARGUMENT, "fault");
    host.info("made");
  }

  static std::span<const twopass::Option> options() { return kOptions; }

  DatasetInfo describe() override {
    if (fault_ == "no_height") return {1, 0, 3, {"a", "b", "c"}};
    if (fault_ == "huge") return {int64_t{1} << 40, int64_t{1} << 40, 3, {"a", "b", "c"}};
    if (fault_ == "no_classes") return {1, 2, 3, {}};
    return {1, 2, 3, {"a", "b", "c"}};
  }

  Images load(twopass::Split) override {
    if (fault_ == "no_images") return {};
    Images images;
    for (uint8_t pixel = 0; pixel < 24; ++pixel) images.pixels.push_back(pixel);
    images.labels = {0, 1, 2, 0};
    if (fault_ == "label_too_large") images.labels[2] = 3;
    if (fault_ == "negative_label") images.labels[1] = -1;
    if (fault_ == "few_pixels") images.pixels.resize(12);
    return images;
  }

 private:
  std::string fault_;
};

}  // namespace

TWOPASS_PLUGIN(ToyDataset, "toy_dataset", "1.2.3", "Four tiny images.")
