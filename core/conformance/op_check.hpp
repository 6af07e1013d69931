#pragma once

#include <string>

#include "conformance/op_cases.hpp"
#include "host/device.hpp"

namespace twopass::conformance {

// Tries a case on a device, dense and strided, at every shape: against the float64 reference, twice where the
// same bytes are promised, and for a fused op against its lowering. What is wrong, with the shape; empty when
// nothing is.
std::string judge_op(host::HostDevice& device, const Case& test_case);

}  // namespace twopass::conformance
