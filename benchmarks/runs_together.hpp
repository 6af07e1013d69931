#pragma once

#include <cstdint>
#include <string_view>

namespace twopass::benchmarks {

// How many runs follow each other before one waits for the device. On a GPU a wait takes longer than a small
// op, and no pipeline waits after each.
inline int64_t runs_together(std::string_view backend) { return backend == "cuda" ? 100 : 1; }

}  // namespace twopass::benchmarks
