#pragma once

#include <fenv.h>  // not <cfenv>: fegetexcept is glibc's own

namespace twopass::conformance {

// How this thread computes, by trying.
struct Arithmetic {
  volatile float denormal = 1e-39F;
  bool keeps_denormals = denormal * 1.5F > 0;
  int rounding = fegetround();
  int traps = fegetexcept();
  bool operator==(const Arithmetic& other) const {
    return keeps_denormals == other.keeps_denormals && rounding == other.rounding && traps == other.traps;
  }
};

}  // namespace twopass::conformance
