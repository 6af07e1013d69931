#pragma once

#include <string>

#include "conformance/op_cases.hpp"
#include "host/device.hpp"

namespace twopass::conformance {

enum class Shapes {
  kAll,
  kQuick,  // without that of more than 65536 rows, for a device that takes its time
};

// Tries a case on a device, dense and strided, at the shapes: against the float64 reference, twice where the
// same bytes are promised, and for a fused op against its lowering. What is wrong, with the shape; empty when
// nothing is.
std::string judge_op(host::HostDevice& device, const Case& test_case, Shapes tried = Shapes::kAll);

}  // namespace twopass::conformance
