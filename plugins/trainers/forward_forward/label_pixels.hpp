#pragma once

#include <cstdint>
#include <vector>

#include "twopass/layer.hpp"
#include "twopass/trainer.hpp"

namespace twopass::forward_forward {

// A label written into an image: the first `classes` pixels of the first channel hold a one-hot of some
// strength (Hinton 2022, section 3.3). Images that differ only in their label share the first layer's
// product: normalisation maps every one-hot of one strength to the same mean and length, so the normalised
// image is
//   x(label) = base + on * one_hot(label),   on = strength * inverse scale of the row,
// and W x(label) = W base + on * W[:, label]. This class records the pieces of that sum.
class LabelPixels {
 public:
  // Throws Error when the labels do not fit into the first channel.
  LabelPixels(const TrainerTask& task, double strength);

  int64_t classes() const { return classes_; }

  // base [rows, inputs] and on [rows, 1] from images [rows, inputs].
  struct Base {
    Tensor pixels, on;
  };
  Base record_base(Program& program, const Tensor& images) const;

  // pre[rows, units] = base W^T + bias: what all labels share.
  void record_shared_product(Program& program, const Base& base, const Layer& layer, const Tensor& pre) const;

  // h = relu(h + label W[:, labels]^T) in place, for h that holds the shared product; label [rows, classes]
  // is on * one_hot.
  void record_labelled(Program& program, const Tensor& label, const Layer& layer, const Tensor& h) const;

  // The program that fills `features` from the evaluation images, with the label pixels that the task wants
  // there.
  CompiledProgram compile_features(const TrainerTask& task, const std::vector<Layer>& layers,
                                   const std::vector<Tensor>& features) const;

 private:
  int64_t classes_;
  double strength_;
  twopass_normalization normalization_;
  double epsilon_;
};

}  // namespace twopass::forward_forward
