// A pretext task that keeps one column of the image or its mirror; its option `fault` makes it misbehave.

#include <array>

#include "twopass/pretext.hpp"

namespace {

using twopass::DatasetInfo;
using twopass::Task;

constexpr std::array<twopass_choice, 8> kFaults{{
    {"none", "behaves"},
    {"map_too_far", "a pixel from beyond the image"},
    {"map_too_low", "a pixel from before black"},
    {"three_maps", "three maps for two classes"},
    {"one_class", "a task with nothing to tell apart"},
    {"no_width", "images of width 0"},
    {"foreign_classes", "the dataset's labels, but not its classes"},
    {"wrong_label", "a transform whose label is no class"},
}};

constexpr std::array<twopass::Option, 1> kOptions{
    twopass::choice("fault", "none", kFaults, "What is wrong with it."),
};

class ToyPretext : public twopass::Pretext {
 public:
  ToyPretext(const twopass::Values& values, const twopass::Host&) : fault_(values.choice("fault")) {}

  static std::span<const twopass::Option> options() { return kOptions; }

  // Of images [1, 2, 3], which have six pixels: two pixels of one column, from the left or from the right.
  Task negotiate(const DatasetInfo& dataset) override {
    Task task{1, 2, 1, {"left", "right"}, TWOPASS_LABEL_IS_MAP, {{0, 3}, {2, 5}}};
    if (fault_ == "map_too_far") task.maps[1][1] = 6;
    if (fault_ == "map_too_low") task.maps[0][1] = -2;
    if (fault_ == "three_maps") task.maps.push_back({-1, -1});
    if (fault_ == "one_class") task.class_names.pop_back();
    if (fault_ == "no_width") task.width = 0;
    if (fault_ == "foreign_classes") {
      task.label_source = TWOPASS_LABEL_OF_DATASET;
      task.maps.pop_back();
    }
    if (dataset.height != 2 || dataset.width != 3) throw twopass::Error("serves images of 2 x 3 pixels only");
    return task;
  }

  int32_t transform(std::span<const uint8_t> image, int32_t label, twopass::Random&,
                    std::span<uint8_t> out) override {
    out[0] = image.front();
    out[1] = image.back();
    return fault_ == "wrong_label" ? 2 : label;
  }

 private:
  std::string fault_;
};

}  // namespace

TWOPASS_PLUGIN(ToyPretext, "toy_pretext", "1.0.0", "Keeps one column.")
