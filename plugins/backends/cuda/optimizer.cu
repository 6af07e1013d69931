#include "cuda/device_code.cuh"

// One thread per weight: every number is read and written once.

namespace twopass::cuda {

namespace {

__global__ void update_kernel(OptimizerStep step, Cells cells) {
  const float rate = static_cast<float>(step.settings[0]);
  const float correction = static_cast<float>(step.settings[1]);
  const float kept = static_cast<float>(step.settings[2]);
  each(cells, [&](int64_t row, int64_t column) {
    float& weight = at(step.weight, row, column);
    float& first = at(step.first, row, column);
    const float w = weight;
    const float g = at(step.gradient, row, column) + step.coupled_decay * w;
    float result;
    if (step.kind == TWOPASS_SGD) {
      const float m = step.beta1 * first + g;
      first = m;
      result = kept * w - rate * m;
    } else {
      float& second = at(step.second, row, column);
      const float m = step.beta1 * first + step.one_minus_beta1 * g;
      const float v = step.beta2 * second + step.one_minus_beta2 * g * g;
      first = m;
      second = v;
      result = kept * w - rate * m / (sqrtf(v * correction) + step.epsilon);
    }
    weight = result;
    if (step.working_copy != nullptr)
      step.working_copy[row * step.weight.stride + column] = to_bfloat16(result);
  });
}

}  // namespace

void update(const OptimizerStep& step, cudaStream_t stream) {
  const Cells cells =
      cells_of(step.weight.rows, step.weight.columns, step.gradient, step.weight, step.first, step.second);
  launch(update_kernel, shape_of(cells), stream, step, cells);
}

}  // namespace twopass::cuda
