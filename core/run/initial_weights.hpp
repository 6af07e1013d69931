#pragma once

#include <string>
#include <vector>

#include "run/safetensors.hpp"
#include "run/wiring.hpp"

namespace twopass::run {

// What `trainer.initial_weights` names: params of an earlier run, or of any other program, in whose place the
// seed's would be.
struct InitialWeights {
  std::vector<NamedTensor> tensors;  // those that this network has, too; none without that option
  std::string sha256;                // of their names, shapes and values
};

// Reads them for the params of `wiring`, which has been built. A param that the file lacks keeps the seed's
// values. Throws Error with TWOPASS_NOT_FOUND or TWOPASS_CORRUPT for the file, InvalidPipeline where it has
// none of the params, or one in another shape.
InitialWeights read_initial_weights(const Wiring& wiring);

void upload(host::HostDevice& device, const InitialWeights& weights);

}  // namespace twopass::run
