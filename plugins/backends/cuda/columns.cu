#include "cuda/device_code.cuh"

// Reductions down the rows. Sums are kept in double, so that long columns lose no digits; their order depends
// on the shape alone.

namespace twopass::cuda {

namespace {

__device__ double join(int32_t reduction, double a, double b) {
  if (reduction == TWOPASS_MAX) return b > a ? b : a;
  return a + b;
}

struct Reductions {
  ColumnReduction step[kMostTogether];
  BlockShares shares;
};

// A block has kColumnLanes columns of kRowLanes threads each. All its threads have the same `first`, so all
// reach every __syncthreads.
__global__ void __launch_bounds__(kColumnLanes* kRowLanes)
    column_reduce_kernel(const __grid_constant__ Reductions all) {
  __shared__ double sums[kRowLanes][kColumnLanes];
  const Share own = own_share(all.shares);
  const auto& [reduction, in, out, scale, accumulate] = all.step[own.step];
  for (int64_t first = own.block * kColumnLanes; first < in.columns; first += own.blocks * kColumnLanes) {
    const int64_t column = first + threadIdx.x;
    double sum = reduction == TWOPASS_MAX ? -static_cast<double>(INFINITY) : 0.0;
    if (column < in.columns)
      for (int64_t row = threadIdx.y; row < in.rows; row += kRowLanes) {
        const double value = static_cast<double>(at(in, row, column));
        sum = join(reduction, sum, reduction == TWOPASS_SUM_SQUARES ? value * value : value);
      }
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    for (unsigned half = kRowLanes / 2; half > 0; half /= 2) {
      if (threadIdx.y < half)
        sums[threadIdx.y][threadIdx.x] =
            join(reduction, sums[threadIdx.y][threadIdx.x], sums[threadIdx.y + half][threadIdx.x]);
      __syncthreads();
    }
    if (threadIdx.y == 0 && column < in.columns) {
      double total = scale * sums[0][threadIdx.x];
      if (accumulate) total = join(reduction, total, static_cast<double>(at(out, 0, column)));
      at(out, 0, column) = static_cast<float>(total);
    }
    __syncthreads();  // the first row of threads has read its sums before the next columns are written
  }
}

// One block, whose counts are joined once.
__global__ void count_equal_kernel(Matrix<const int32_t> a, Matrix<const int32_t> b, int32_t* counter) {
  __shared__ int32_t counts[kThreads];
  int32_t count = 0;
  for (int64_t row = threadIdx.x; row < a.rows; row += blockDim.x)
    count += at(a, row, 0) == at(b, row, 0) ? 1 : 0;
  counts[threadIdx.x] = count;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) counts[threadIdx.x] += counts[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) *counter += counts[0];
}

}  // namespace

void column_reduce(const ColumnReduction* reductions, size_t count, cudaStream_t stream) {
  Reductions all{};
  std::copy_n(reductions, count, all.step);
  all.shares = share_blocks(
      count, [&](size_t index) { return divide_up(reductions[index].in.columns, kColumnLanes); });
  LaunchShape shape;
  shape.threads_x = kColumnLanes;
  shape.threads_y = kRowLanes;
  shape.blocks_x = all.shares.total();
  launch(column_reduce_kernel, shape, stream, all);
}

void count_equal(Matrix<const int32_t> a, Matrix<const int32_t> b, int32_t* counter, cudaStream_t stream) {
  LaunchShape one_block;
  one_block.threads_x = kThreads;
  launch(count_equal_kernel, one_block, stream, a, b, counter);
}

}  // namespace twopass::cuda
