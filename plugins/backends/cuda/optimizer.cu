#include "cuda/device_code.cuh"

// One thread per weight: every number is read and written once.

namespace twopass::cuda {

namespace {

__global__ void update_kernel(OptimizerStep step, int64_t rows, int64_t columns) {
  const float rate = static_cast<float>(step.settings[0]);
  const float correction = static_cast<float>(step.settings[1]);
  const float kept = static_cast<float>(step.settings[2]);
  for (int64_t row = blockIdx.y; row < rows; row += gridDim.y)
    for (int64_t column = first_column(); column < columns; column += column_step()) {
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
    }
}

template <class T>
bool is_dense(const Matrix<T>& matrix) {
  return matrix.data == nullptr || matrix.stride == matrix.columns || matrix.rows == 1;
}

}  // namespace

void update(const OptimizerStep& step, cudaStream_t stream) {
  int64_t rows = step.weight.rows, columns = step.weight.columns;
  if (is_dense(step.gradient) && is_dense(step.weight) && is_dense(step.first) && is_dense(step.second)) {
    columns *= rows;
    rows = 1;
  }
  launch(update_kernel, cell_shape(rows, columns), stream, step, rows, columns);
}

}  // namespace twopass::cuda
