#include "stubs.hpp"

namespace {

class Shapes : public stubs::Dataset {
 public:
  using stubs::Dataset::Dataset;
  static std::span<const twopass::Option> options() {
    static constexpr std::array kOptions{
        twopass::integer("size", "8", "Width and height of an image.").at_least(1).in_units("pixels"),
        twopass::text_list("figures", "[circle, square]", "What is drawn."),
        twopass::text("title", "\"shapes: a toy\"", "What reports call it."),
    };
    return kOptions;
  }
};

}  // namespace

TWOPASS_PLUGIN(Shapes, "shapes", "1.0.0", "Circles and squares.")
