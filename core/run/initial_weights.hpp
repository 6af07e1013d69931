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
  std::string summary;               // which of the params they are, for people
};

// Reads them for the params of `wiring`, which has been built. The seed's values stay where the file has no
// such param in float32, or one of another shape that belongs to no hidden layer: an output layer for another
// task. Throws Error with TWOPASS_NOT_FOUND or TWOPASS_CORRUPT for the file, InvalidPipeline where it has
// none of the params, a hidden layer's in another shape, or values that are no numbers.
InitialWeights read_initial_weights(const Wiring& wiring);

void upload(host::HostDevice& device, const InitialWeights& weights);

}  // namespace twopass::run
