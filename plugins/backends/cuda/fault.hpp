#pragma once

#include <cstdint>

namespace twopass::cuda {

// What a kernel found wrong with the numbers of an upload: the first such finding since the last look.
// Kernels go on with a harmless value; the host asks whenever it waits for the GPU.
struct Fault {
  enum Code : int32_t {
    kNone = 0,
    kRowIndex = 1,   // gather_rows
    kMapChoice = 2,  // gather_columns
    kMapEntry = 3,   // gather_columns
    kLabel = 4       // softmax_cross_entropy
  };
  int32_t code;
  int32_t value;
};

}  // namespace twopass::cuda
