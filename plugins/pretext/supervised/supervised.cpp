// No pretext at all: images and labels as the dataset has them. The reference that self-supervised tasks are
// measured against (Brenig and Timofte 2023, arXiv:2309.11955).

#include "../pixel_map.hpp"

namespace {

using namespace twopass;

class Supervised : public Pretext {
 public:
  static std::span<const Option> options() { return {}; }

  Supervised(const Values&, const Host&) {}

  Task negotiate(const DatasetInfo& dataset) override {
    const auto identity = [](int64_t row, int64_t column) { return Pixel{row, column}; };
    return {dataset.channels,    dataset.height,           dataset.width,
            dataset.class_names, TWOPASS_LABEL_OF_DATASET, {pixel_map(dataset, identity)}};
  }
};

}  // namespace

TWOPASS_PLUGIN(Supervised, "supervised", "1.0.0", "The dataset's own images and labels, unchanged.")
