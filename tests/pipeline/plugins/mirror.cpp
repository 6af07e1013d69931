#include "stubs.hpp"

namespace {

class Mirror : public stubs::Pretext {
 public:
  using stubs::Pretext::Pretext;
  static std::span<const twopass::Option> options() { return {}; }
};

}  // namespace

TWOPASS_PLUGIN(Mirror, "mirror", "1.0.0", "Tell whether an image was mirrored.")
