#pragma once

// Stands before the backend's header of this name: kernels are plain functions, and a block's threads take
// turns on one thread of the host, from one __syncthreads to the next.

#include <math.h>

#include <bit>
#include <cstdint>
#include <functional>

#include "cuda/launch_shape.hpp"
#include "cuda/status.hpp"

// NOLINTBEGIN: the names are CUDA's

#define __global__
#define __device__
#define __grid_constant__
#define __launch_bounds__(threads)
#define __shared__ static  // one block is at work at a time

namespace twopass::cuda {

struct Index {
  unsigned x, y;
};
extern Index threadIdx, blockIdx, blockDim, gridDim;

// Throws when not all threads of the block come here: on a GPU they would wait for ever, or not at all.
void __syncthreads();

inline int atomicCAS(int* place, int expected, int value) {
  const int before = *place;
  if (before == expected) *place = value;
  return before;
}
inline uint32_t __float_as_uint(float value) { return std::bit_cast<uint32_t>(value); }
inline float __uint_as_float(uint32_t bits) { return std::bit_cast<float>(bits); }

void run_grid(const LaunchShape& shape, const std::function<void()>& thread);
void submit(cudaStream_t stream, std::function<void()> work);

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const LaunchShape& shape, cudaStream_t stream,
            const Arguments&... arguments) {
  static_assert((sizeof(Parameters) + ... + 0) <= 4000, "some drivers take no more than 4096 bytes");
  submit(stream, [=] { run_grid(shape, [&] { kernel(static_cast<Parameters>(arguments)...); }); });
}

}  // namespace twopass::cuda

// NOLINTEND
