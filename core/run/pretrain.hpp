#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run/images.hpp"
#include "run/initial_weights.hpp"
#include "run/progress_display.hpp"
#include "run/run_folder.hpp"
#include "run/wiring.hpp"

namespace twopass::run {

// The pretraining loop: from the newest checkpoint, or from the initial weights, to the pipeline's last
// epoch, with metrics and warnings after every epoch, and checkpoints as often as they take little time.
// Throws Stopped after a signal, Error when the loss is no longer a number. Returns the metrics of all
// epochs, earlier ones included.
std::vector<nlohmann::json> pretrain(Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test,
                                     const InitialWeights& weights, RunFolder& folder,
                                     ProgressDisplay& display, TrainingProgress& progress);

}  // namespace twopass::run
