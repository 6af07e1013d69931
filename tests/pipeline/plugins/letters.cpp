#include "stubs.hpp"

namespace {

class Letters : public stubs::Dataset {
 public:
  using stubs::Dataset::Dataset;
  static std::span<const twopass::Option> options() {
    static constexpr std::array kOptions{
        twopass::path("font", twopass::kRequired, "The font that letters are drawn in."),
    };
    return kOptions;
  }
};

}  // namespace

TWOPASS_PLUGIN(Letters, "letters", "1.0.0", "Letters of a font.")
