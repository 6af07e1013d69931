#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "conformance/op_trial.hpp"

namespace twopass::conformance {

// One way to use one op. `bound` limits the normalised mean squared error against the float64 reference.
// 1e-11 is a relative error of 3e-6, which is what a Debug build gets that sums 1000 terms one by one;
// integers must be equal.
struct Case {
  std::string name;
  void (*record)(Trial& trial);
  double bound = 1e-11;
  bool product = false;   // uses gemm, whose inputs a backend may round to bfloat16
  bool fused = false;     // is also run through the SDK's lowering
  bool bfloat16 = false;  // has buffers of that type, which not every backend makes
};

inline void PrintTo(const Case& test_case, std::ostream* out) { *out << test_case.name; }

const std::vector<Case>& cases();

// 1, 3, primes, larger than a tile, more than 65536 rows; tall, wide and thin products.
const std::vector<Shape>& shapes();

}  // namespace twopass::conformance
