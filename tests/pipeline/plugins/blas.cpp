#include "stubs.hpp"

namespace {

class Blas : public stubs::Backend {
 public:
  using stubs::Backend::Backend;
  static std::span<const twopass::Option> options() {
    static constexpr std::array kOptions{
        twopass::integer("threads", "0", "Threads to compute with; 0: all.").at_least(0),
        twopass::boolean("packed", "true", "Whether weights are kept in the order of the products."),
    };
    return kOptions;
  }
};

}  // namespace

TWOPASS_PLUGIN(Blas, "blas", "1.0.0", "Stands for the default backend.")
