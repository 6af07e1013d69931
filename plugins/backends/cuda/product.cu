#include "cuda/device_code.cuh"

namespace twopass::cuda {

namespace {

// A factor, transposed by its steps alone: element (row, column) lies at row * row_step + column *
// column_step.
template <class T>
struct Factor {
  const T* data;
  int64_t row_step, column_step;
};

__device__ float as_float(float value) { return value; }
__device__ float as_float(uint16_t value) { return from_bfloat16(value); }

// A block computes a tile of kTile x kTile results, walking along k in tiles of both factors. Beyond the
// edges the tiles hold zeros. All threads of a block run the same loops, so all reach every __syncthreads.
template <class T>
__global__ void product_kernel(Factor<T> a, Factor<T> b, Gemm gemm) {
  __shared__ float a_tile[kTile][kTile], b_tile[kTile][kTile + 1];
  const int64_t x = threadIdx.x, y = threadIdx.y;
  for (int64_t first_row = blockIdx.x * kTile; first_row < gemm.m; first_row += gridDim.x * kTile)
    for (int64_t first = blockIdx.y * kTile; first < gemm.n; first += gridDim.y * kTile) {
      const int64_t row = first_row + y, column = first + x;
      float sum = 0;
      for (int64_t inner = 0; inner < gemm.k; inner += kTile) {
        const bool a_inside = row < gemm.m && inner + x < gemm.k;
        const bool b_inside = inner + y < gemm.k && column < gemm.n;
        a_tile[y][x] = a_inside ? as_float(a.data[row * a.row_step + (inner + x) * a.column_step]) : 0.0F;
        b_tile[y][x] = b_inside ? as_float(b.data[(inner + y) * b.row_step + column * b.column_step]) : 0.0F;
        __syncthreads();
        for (int64_t index = 0; index < kTile; ++index) sum += a_tile[y][index] * b_tile[index][x];
        __syncthreads();  // all have read the tiles before the next ones are written
      }
      if (row >= gemm.m || column >= gemm.n) continue;
      float value = gemm.alpha * sum;
      if (gemm.beta != 0) value += gemm.beta * at(gemm.out, row, column);
      if (gemm.bias.data != nullptr) value += gemm.bias.data[column];
      if (gemm.relu) value = relu(value);
      at(gemm.out, row, column) = masked(gemm.mask, row, column, value);
    }
}

template <class T>
Factor<T> factor(const AnyMatrix& matrix, bool transpose) {
  const T* data = static_cast<const T*>(matrix.data);
  return transpose ? Factor<T>{data, 1, matrix.stride} : Factor<T>{data, matrix.stride, 1};
}

template <class T>
void start(const Gemm& gemm, cudaStream_t stream) {
  launch(product_kernel<T>, tile_shape(gemm.m, gemm.n), stream, factor<T>(gemm.a, gemm.transpose_a),
         factor<T>(gemm.b, gemm.transpose_b), gemm);
}

}  // namespace

void plain_product(const Gemm& gemm, cudaStream_t stream) {
  if (gemm.a.type == TWOPASS_BF16)
    start<uint16_t>(gemm, stream);
  else
    start<float>(gemm, stream);
}

}  // namespace twopass::cuda
