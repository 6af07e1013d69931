#include "stubs.hpp"

namespace {

class Global : public stubs::Trainer {
 public:
  using stubs::Trainer::Trainer;
  static std::span<const twopass::Option> options() {
    static constexpr std::array kOptions{
        twopass::number("learning_rate", "1e-4", "Adam's step size.").above(0).at_most(1),
    };
    return kOptions;
  }
};

}  // namespace

TWOPASS_PLUGIN(Global, "global", "1.0.0", "All layers learn from one loss.")
