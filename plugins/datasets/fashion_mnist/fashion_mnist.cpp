// Fashion-MNIST: articles of clothing in MNIST's format and numbers, but harder (Xiao, Rasul, Vollgraf 2017,
// arXiv:1708.07747).

#include "idx/idx_dataset.hpp"

namespace {

using namespace twopass;

class FashionMnist : public idx::IdxDataset {
 public:
  static std::span<const Option> options() { return {}; }

  FashionMnist(const Values& values, const Host&)
      : IdxDataset(
            {"Fashion-MNIST",
             // Debian's dataset-fashion-mnist unpacks to /usr/share/datasets/fashion-mnist.
             {"FashionMNIST/raw", "fashion_mnist/FashionMNIST/raw", "fashion_mnist", "fashion-mnist", "."},
             "apt-get install dataset-fashion-mnist, or fetch it with `twopass data get fashion_mnist`, or "
             "name "
             "the parent folder of torchvision's FashionMNIST/raw in dataset.root or TWOPASS_DATA_ROOT",
             {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
              "Ankle boot"}},
            values.texts("roots")) {}
};

}  // namespace

TWOPASS_PLUGIN(FashionMnist, "fashion_mnist", "1.0.0",
               "Articles of clothing: 28x28 grey, 10 classes, 60000 + 10000 images.")
