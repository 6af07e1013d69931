#pragma once

#include <cstdint>

#include "forward_forward/label_pixels.hpp"
#include "twopass/layer.hpp"
#include "twopass/trainer.hpp"

namespace twopass::forward_forward {

// Positives and negatives of a batch: every image once with its true label and once with a wrong one, drawn
// anew each time from the other classes. Stacked as [2 * batch size] rows, positives above. The first layer's
// product and weight gradient are taken once per image, not once per label (see LabelPixels).
class Contrast {
 public:
  Contrast(const TrainerTask& task, const LabelPixels& label_pixels);

  void draw_wrong_labels(const Epoch& epoch) const;
  // Value of the slot given to record_input: where the step's wrong labels begin.
  double offset(int64_t step) const { return static_cast<double>(step * batch_size_); }

  struct Input {
    LabelPixels::Base base;
    Tensor labels;  // [2 * batch size, classes], on * one_hot
  };
  Input record_input(Program& program, const Tensor& images, Slot offset) const;
  // h [2 * batch size, units] = relu of the first layer.
  void record_first_layer(Program& program, const Input& input, const Layer& layer, const Tensor& h) const;
  // weight_gradient [units, inputs] from the gradient [2 * batch size, units] of the first layer's sums.
  void record_first_gradient(Program& program, const Input& input, const Tensor& gradient,
                             const Tensor& weight_gradient) const;

 private:
  Device device_;
  LabelPixels label_pixels_;
  int64_t batch_size_;
  Tensor true_labels_, wrong_labels_;  // i32 [batch size, 1] and [all steps of an epoch, 1]
};

}  // namespace twopass::forward_forward
