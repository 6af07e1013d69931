#include "stubs.hpp"

namespace {

class Turn : public stubs::Pretext {
 public:
  using stubs::Pretext::Pretext;
  static std::span<const twopass::Option> options() {
    static constexpr std::array kOptions{
        twopass::integer_list("angles", "[0, 90, 180, 270]", "Which turn was it?").at_least(0).below(360),
    };
    return kOptions;
  }
};

}  // namespace

TWOPASS_PLUGIN(Turn, "turn", "1.0.0", "Tell by how much an image was turned.")
