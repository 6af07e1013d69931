// Flip: was the image mirrored, and along which axis? A task of Brenig and Timofte 2023 (arXiv:2309.11955),
// there with one axis (2 classes) and with both (4 classes).

#include <array>

#include "../pixel_map.hpp"

namespace {

using namespace twopass;

constexpr std::array<twopass_choice, 3> kAxes = {{
    {"horizontal", "left and right change places or not: 2 classes"},
    {"vertical", "top and bottom change places or not: 2 classes"},
    {"both", "either, neither or both of them: 4 classes"},
}};
constexpr std::array kOptions = {
    choice("axes", "horizontal", kAxes, "Along which axes images are mirrored."),
};

class Flip : public Pretext {
 public:
  static std::span<const Option> options() { return kOptions; }

  Flip(const Values& values, const Host&) : axes_(values.choice("axes")) {}

  Task negotiate(const DatasetInfo& dataset) override {
    Task task{dataset.channels, dataset.height, dataset.width, {}, TWOPASS_LABEL_IS_MAP, {}};
    const auto add = [&](const char* class_name, bool left_right, bool top_bottom) {
      task.class_names.emplace_back(class_name);
      task.maps.push_back(pixel_map(dataset, [&](int64_t row, int64_t column) {
        return Pixel{top_bottom ? dataset.height - 1 - row : row,
                     left_right ? dataset.width - 1 - column : column};
      }));
    };
    add("not mirrored", false, false);
    if (axes_ != "vertical") add("mirrored left to right", true, false);
    if (axes_ != "horizontal") add("mirrored top to bottom", false, true);
    if (axes_ == "both") add("mirrored both ways", true, true);
    return task;
  }

 private:
  std::string axes_;
};

}  // namespace

TWOPASS_PLUGIN(Flip, "flip", "1.0.0",
               "Tell whether, and along which axis, an image was mirrored: 2 or 4 classes.")
