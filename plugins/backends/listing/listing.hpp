#pragma once

#include <cstdint>
#include <vector>

#include "twopass/abi.h"

namespace twopass::listing {

// A program as a backend rearranges it before its ops are bound to memory.
struct Listing {
  struct Entry {
    twopass_op op;
    size_t update = 0;  // above 0: this op and those behind it, so many in all, are one weight update
  };

  explicit Listing(const twopass_program& program);

  std::vector<twopass_buffer> buffers;
  std::vector<Entry> entries;
};

// Whether the op copies all of its input, from and to where its views say, and at most to another type.
bool is_plain_copy(const twopass_op& op);

// Marks every run of ops of the form
//   gradient = a^T b                     gemm, whole
//   gradient[first columns] += a^T b     gemm, any number
//   weight, moments from gradient        optimizer
// whose gradient is a temp that nothing else reads: it need never be written to memory.
void mark_updates(Listing& listing);

}  // namespace twopass::listing
