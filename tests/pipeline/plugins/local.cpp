#include "stubs.hpp"

namespace {

class Local : public stubs::Trainer {
 public:
  using stubs::Trainer::Trainer;
  static std::span<const twopass::Option> options() {
    static constexpr std::array<twopass_choice, 2> kGoodness{{
        {"norm", "the length of the activity"},
        {"sum_squares", "its square"},
    }};
    static constexpr std::array kOptions{
        twopass::number("learning_rate", "1e-4", "Adam's step size.").above(0).at_most(1),
        twopass::choice("goodness", "norm", kGoodness, "What a layer maximises."),
        twopass::number_list("thresholds", "[]", "One for each layer, or none for the default."),
        twopass::boolean("peer", "false", "Whether units are kept equally active."),
    };
    return kOptions;
  }
};

}  // namespace

TWOPASS_PLUGIN(Local, "local", "1.0.0", "Every layer learns by itself.")
