#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "host/device.hpp"

namespace twopass::conformance {

// The float64 reference behind the host's device, as trainers see any backend. `native_fused` false: every
// fused op is lowered. From the buffer number `buffers` (from 0) on its memory is used up.
std::unique_ptr<host::HostDevice> reference_device(bool native_fused = true,
                                                   int64_t buffers = std::numeric_limits<int64_t>::max());

// How often anybody waited for the device so far: downloads and synchronisations.
int64_t waits_for_reference();

}  // namespace twopass::conformance
