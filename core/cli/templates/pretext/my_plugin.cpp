// Which quarter of the image was blacked out? A task that only moves or blacks out pixels is a list of maps:
// a map says for each output pixel which source pixel it shows. A task that computes pixels leaves `maps`
// empty and overrides `transform`.

#include <array>
#include <string>

#include "twopass/pretext.hpp"

namespace {

using namespace twopass;

constexpr std::array kOptions = {
    number("share", "1", "Side of the black rectangle, relative to half the image's.").above(0).at_most(1),
};

class MyPluginPretext : public Pretext {
 public:
  static std::span<const Option> options() { return kOptions; }

  MyPluginPretext(const Values& values, const Host&) : share_(values.number("share")) {}

  Task negotiate(const DatasetInfo& dataset) override {
    if (dataset.height < 2 || dataset.width < 2)
      throw Error("my_plugin needs images of at least 2x2 pixels, not " + std::to_string(dataset.height) +
                  "x" + std::to_string(dataset.width));
    Task task{dataset.channels, dataset.height, dataset.width, {}, TWOPASS_LABEL_IS_MAP, {}};
    for (const int64_t bottom : {0, 1})
      for (const int64_t right : {0, 1}) {
        task.class_names.push_back(std::string(bottom == 1 ? "bottom" : "top") +
                                   (right == 1 ? " right" : " left"));
        task.maps.push_back(map(dataset, bottom, right));
      }
    return task;
  }

 private:
  // Pixels count through [channels, height, width]; -1 is black.
  std::vector<int32_t> map(const DatasetInfo& dataset, int64_t bottom, int64_t right) const {
    // The rectangle lies in the corner of its quarter; it has one pixel at least.
    const auto inside = [this](int64_t position, int64_t size, bool far) {
      const int64_t from_edge = far ? size - 1 - position : position;
      return from_edge == 0 || static_cast<double>(from_edge + 1) <= share_ * static_cast<double>(size) / 2;
    };
    std::vector<int32_t> pixels;
    for (int64_t channel = 0; channel < dataset.channels; ++channel)
      for (int64_t row = 0; row < dataset.height; ++row)
        for (int64_t column = 0; column < dataset.width; ++column) {
          const bool black =
              inside(row, dataset.height, bottom == 1) && inside(column, dataset.width, right == 1);
          const int64_t source = (channel * dataset.height + row) * dataset.width + column;
          pixels.push_back(black ? -1 : static_cast<int32_t>(source));
        }
    return pixels;
  }

  double share_;
};

}  // namespace

TWOPASS_PLUGIN(MyPluginPretext, "my_plugin", "0.1.0", "Tell which quarter of an image is black: 4 classes.")
