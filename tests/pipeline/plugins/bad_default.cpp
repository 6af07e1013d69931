#include "stubs.hpp"

namespace {

class BadDefault : public stubs::Trainer {
 public:
  using stubs::Trainer::Trainer;
  static std::span<const twopass::Option> options() {
    static constexpr std::array kOptions{
        twopass::number("learning_rate", "fast", "Adam's step size."),
    };
    return kOptions;
  }
};

}  // namespace

TWOPASS_PLUGIN(BadDefault, "bad_default", "1.0.0", "Its default is no number.")
