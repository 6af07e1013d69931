#include "stubs.hpp"

namespace {

class CommonName : public stubs::Trainer {
 public:
  using stubs::Trainer::Trainer;
  static std::span<const twopass::Option> options() {
    static constexpr std::array kOptions{
        twopass::integer("epochs", "5", "The host has this option for every trainer."),
    };
    return kOptions;
  }
};

}  // namespace

TWOPASS_PLUGIN(CommonName, "common_name", "1.0.0", "It takes a name that is the host's.")
