#include "forward_forward/contrast.hpp"

namespace twopass::forward_forward {

Contrast::Contrast(const TrainerTask& task, const LabelPixels& label_pixels)
    : device_(task.device),
      label_pixels_(label_pixels),
      batch_size_(task.batch_size()),
      true_labels_(task.train_labels),
      wrong_labels_(device_.tensor("wrong_labels", TWOPASS_INPUT, task.steps_per_epoch * batch_size_, 1,
                                   TWOPASS_I32)) {}

void Contrast::draw_wrong_labels(const Epoch& epoch) const {
  device_.upload(wrong_labels_, wrong_labels(epoch, label_pixels_.classes()));
}

Contrast::Input Contrast::record_input(Program& program, const Tensor& images, Slot offset) const {
  const LabelPixels::Base base = label_pixels_.record_base(program, images);
  const Tensor labels = program.temp("labels", 2 * batch_size_, label_pixels_.classes());
  const Tensor positive = labels.row_range(0, batch_size_);
  const Tensor negative = labels.row_range(batch_size_, batch_size_);
  program.one_hot(true_labels_, positive);
  program.one_hot(wrong_labels_, negative, 1, 0, offset);
  for (const Tensor& half : {positive, negative}) program.binary(TWOPASS_MULTIPLY, half, base.on, half);
  return {base, labels};
}

void Contrast::record_first_layer(Program& program, const Input& input, const Layer& layer,
                                  const Tensor& h) const {
  const Tensor positive = h.row_range(0, batch_size_);
  label_pixels_.record_shared_product(program, input.base, layer, positive);
  program.copy(positive, h.row_range(batch_size_, batch_size_));
  label_pixels_.record_labelled(program, input.labels, layer, h);
}

void Contrast::record_first_gradient(Program& program, const Input& input, const Tensor& gradient,
                                     const Tensor& weight_gradient) const {
  const Tensor sum = program.temp("gradient.sum", batch_size_, gradient.columns());
  program.binary(TWOPASS_ADD, gradient.row_range(0, batch_size_),
                 gradient.row_range(batch_size_, batch_size_), sum);
  program.gemm({.a = sum, .b = input.base.pixels, .out = weight_gradient, .transpose_a = true});
  program.gemm({.a = gradient,
                .b = input.labels,
                .out = weight_gradient.column_range(0, label_pixels_.classes()),
                .transpose_a = true,
                .beta = 1});
}

}  // namespace twopass::forward_forward
