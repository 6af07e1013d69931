#pragma once

// How kernels are started. Tests put a header of this name before this one, which runs them on the host.

#include <cuda_runtime.h>

#include "cuda/launch_shape.hpp"
#include "cuda/status.hpp"

namespace twopass::cuda {

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const LaunchShape& shape, cudaStream_t stream,
            const Arguments&... arguments) {
  static_assert((sizeof(Parameters) + ... + 0) <= 4000, "some drivers take no more than 4096 bytes");
  kernel<<<dim3(shape.blocks_x, shape.blocks_y), dim3(shape.threads_x, shape.threads_y), 0, stream>>>(
      static_cast<Parameters>(arguments)...);
  check(cudaGetLastError(), "starting a kernel");
}

}  // namespace twopass::cuda
