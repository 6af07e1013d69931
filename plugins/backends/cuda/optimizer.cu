#include "cuda/device_code.cuh"

// One thread per weight, or per four that lie together: every number is read and written once.

namespace twopass::cuda {

namespace {

// What one load of 16 bytes brings, and of 8.
struct alignas(16) FourFloats {
  float value[4];
};
struct alignas(8) FourBfloat16 {
  uint16_t value[4];
};

struct Updates {
  OptimizerStep step[kMostTogether];
  Cells cells[kMostTogether];
  bool by_fours[kMostTogether];
  BlockShares shares;
};

struct Settings {
  float rate, correction, kept;
};

// Adam's second moment or, of SGD, anything.
__device__ void update_weight(const OptimizerStep& step, const Settings& settings, float gradient, float& w,
                              float& first, float& second) {
  const float g = gradient + step.coupled_decay * w;
  if (step.kind == TWOPASS_SGD) {
    first = step.beta1 * first + g;
    w = settings.kept * w - settings.rate * first;
    return;
  }
  first = step.beta1 * first + step.one_minus_beta1 * g;
  second = step.beta2 * second + step.one_minus_beta2 * g * g;
  w = settings.kept * w - settings.rate * first / (sqrtf(second * settings.correction) + step.epsilon);
}

// Cells [4 four, 4 four + 4) of rows that are one long row.
__device__ void update_four(const OptimizerStep& step, const Settings& settings, int64_t four) {
  const bool adam = step.kind != TWOPASS_SGD;
  FourFloats& weights = reinterpret_cast<FourFloats*>(step.weight.data)[four];
  FourFloats& firsts = reinterpret_cast<FourFloats*>(step.first.data)[four];
  FourFloats* seconds = adam ? reinterpret_cast<FourFloats*>(step.second.data) + four : nullptr;
  const FourFloats gradient = reinterpret_cast<const FourFloats*>(step.gradient.data)[four];
  FourFloats w = weights, first = firsts, second{};
  if (adam) second = *seconds;
  FourBfloat16 rounded{};
  for (int index = 0; index < 4; ++index) {
    update_weight(step, settings, gradient.value[index], w.value[index], first.value[index],
                  second.value[index]);
    rounded.value[index] = to_bfloat16(w.value[index]);
  }
  weights = w;
  firsts = first;
  if (adam) *seconds = second;
  if (step.working_copy != nullptr) reinterpret_cast<FourBfloat16*>(step.working_copy)[four] = rounded;
}

__device__ void update_cell(const OptimizerStep& step, const Settings& settings, int64_t row,
                            int64_t column) {
  const bool adam = step.kind != TWOPASS_SGD;
  float w = at(step.weight, row, column), first = at(step.first, row, column);
  float second = adam ? at(step.second, row, column) : 0.0F;
  update_weight(step, settings, at(step.gradient, row, column), w, first, second);
  at(step.weight, row, column) = w;
  at(step.first, row, column) = first;
  if (adam) at(step.second, row, column) = second;
  if (step.working_copy != nullptr) step.working_copy[row * step.weight.stride + column] = to_bfloat16(w);
}

__global__ void update_kernel(const __grid_constant__ Updates all) {
  const Share own = own_share(all.shares);
  const OptimizerStep& step = all.step[own.step];
  const Cells& cells = all.cells[own.step];
  const Settings settings{static_cast<float>(step.settings[0]), static_cast<float>(step.settings[1]),
                          static_cast<float>(step.settings[2])};
  const int64_t start = own.block * blockDim.x + threadIdx.x, threads = own.blocks * blockDim.x;
  const int64_t count = cells.rows * cells.columns, fours = all.by_fours[own.step] ? count / 4 : 0;
  for (int64_t four = start; four < fours; four += threads) update_four(step, settings, four);
  for (int64_t cell = 4 * fours + start; cell < count; cell += threads) {
    const int64_t row = cells.rows == 1 ? 0 : cell / cells.columns;
    update_cell(step, settings, row, cell - row * cells.columns);
  }
}

bool is_aligned(const void* address, uintptr_t bytes) {
  return reinterpret_cast<uintptr_t>(address) % bytes == 0;
}

}  // namespace

void update(const OptimizerStep* steps, size_t count, cudaStream_t stream) {
  Updates all{};
  for (size_t index = 0; index < count; ++index) {
    const OptimizerStep& step = all.step[index] = steps[index];
    const Cells cells = all.cells[index] =
        cells_of(step.weight.rows, step.weight.columns, step.gradient, step.weight, step.first, step.second);
    all.by_fours[index] = cells.rows == 1 && is_aligned(step.gradient.data, 16) &&
                          is_aligned(step.weight.data, 16) && is_aligned(step.first.data, 16) &&
                          is_aligned(step.second.data, 16) && is_aligned(step.working_copy, 8);
  }
  all.shares = share_blocks(count, [&](size_t index) {
    const Cells& cells = all.cells[index];
    return divide_up(divide_up(cells.rows * cells.columns, all.by_fours[index] ? 4 : 1), kThreads);
  });
  LaunchShape shape;
  shape.threads_x = kThreads;
  shape.blocks_x = all.shares.total();
  launch(update_kernel, shape, stream, all);
}

}  // namespace twopass::cuda
