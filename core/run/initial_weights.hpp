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
  std::string summary;               // which of the params they are, for people
};

// Reads them for the params of `wiring`, which has been built. The seed's values stay where the file has no
// such param in float32, or one of another shape, unless that belongs to a hidden layer: an output layer for
// another task. Throws Error with TWOPASS_NOT_FOUND or TWOPASS_CORRUPT for the file, InvalidPipeline where it
// lacks a hidden layer's params, has them in another shape, or holds values that are no numbers.
InitialWeights read_initial_weights(const Wiring& wiring);

// The option's value; empty where it is not set.
std::string initial_weights_file(const pipeline::Pipeline& pipeline);

// SHA-256 of that file, by which a run is bound to it; empty where it is not there.
std::string initial_weights_digest(const pipeline::Pipeline& pipeline);

void upload(host::HostDevice& device, const InitialWeights& weights);

}  // namespace twopass::run
