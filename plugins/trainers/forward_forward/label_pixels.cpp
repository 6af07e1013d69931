#include "forward_forward/label_pixels.hpp"

namespace twopass::forward_forward {

LabelPixels::LabelPixels(const TrainerTask& task, double strength)
    : classes_(task.classes),
      strength_(strength),
      normalization_(task.network.normalization_of(0)),
      epsilon_(task.network.epsilon) {
  const int64_t channel = task.height * task.width;
  if (classes_ > channel)
    throw Error("the " + std::to_string(classes_) +
                " classes of the pretext task do not fit as label pixels into the first channel of " +
                std::to_string(task.height) + "x" + std::to_string(task.width) +
                " pixels; choose a task with fewer classes");
}

LabelPixels::Base LabelPixels::record_base(Program& program, const Tensor& images) const {
  const Tensor pixels = program.temp("base", images.rows(), images.columns());
  const Tensor inverse = program.temp("base.inverse", images.rows(), 1);
  const Tensor on = program.temp("base.on", images.rows(), 1);
  const Tensor first_label = pixels.column_range(0, 1);

  // Mean and length are those of any label's image, here label 0's; afterwards its pixel is taken out again.
  program.copy(images, pixels);
  program.fill(pixels.column_range(0, classes_), 0);
  program.fill(first_label, strength_);
  program.row_normalize(normalization_, pixels, pixels, inverse, epsilon_);
  program.unary(TWOPASS_IDENTITY, inverse, on, strength_);
  program.binary(TWOPASS_ADD, first_label, on, first_label, 1, -1);
  return {pixels, on};
}

void LabelPixels::record_shared_product(Program& program, const Base& base, const Layer& layer,
                                        const Tensor& pre) const {
  layer.record(program, base.pixels, pre, TWOPASS_IDENTITY);
}

void LabelPixels::record_labelled(Program& program, const Tensor& label, const Layer& layer,
                                  const Tensor& h) const {
  program.gemm({.a = label,
                .b = layer.weight().column_range(0, classes_),
                .out = h,
                .transpose_b = true,
                .beta = 1,
                .activation = TWOPASS_RELU});
}

CompiledProgram LabelPixels::compile_features(const TrainerTask& task, const std::vector<Layer>& layers,
                                              const std::vector<Tensor>& features) const {
  Program program("extract");
  const Tensor input = program.temp("feature.input", task.evaluation_rows(), task.inputs());
  program.copy(task.evaluation_images, input);
  if (task.feature_label_pixels != TWOPASS_LABEL_KEEP) {
    const bool neutral = task.feature_label_pixels == TWOPASS_LABEL_NEUTRAL;
    program.fill(input.column_range(0, classes_), neutral ? strength_ / static_cast<double>(classes_) : 0);
  }
  program.row_normalize(normalization_, input, input, Tensor(), epsilon_);
  record_features(program, task, layers, input, features);
  return task.device.compile(program);
}

}  // namespace twopass::forward_forward
