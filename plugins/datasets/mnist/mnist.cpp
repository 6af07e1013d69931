// MNIST: handwritten digits, 60,000 images for training and 10,000 for testing (LeCun, Cortes, Burges: The
// MNIST database of handwritten digits, 1998).

#include "idx/idx_dataset.hpp"

namespace {

using namespace twopass;

class Mnist : public idx::IdxDataset {
 public:
  static std::span<const Option> options() { return {}; }

  Mnist(const Values& values, const Host&)
      : IdxDataset({"MNIST",
                    {"MNIST/raw", "mnist/MNIST/raw", "mnist", "."},
                    "fetch it with `twopass data get mnist`, or name the parent folder of torchvision's "
                    "MNIST/raw in "
                    "dataset.root or TWOPASS_DATA_ROOT",
                    {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
                   values.texts("roots")) {}
};

}  // namespace

TWOPASS_PLUGIN(Mnist, "mnist", "1.0.0", "Handwritten digits: 28x28 grey, 10 classes, 60000 + 10000 images.")
