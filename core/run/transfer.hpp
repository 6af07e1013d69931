#pragma once

#include <nlohmann/json.hpp>

#include "run/images.hpp"
#include "run/progress_display.hpp"
#include "run/run_folder.hpp"
#include "run/wiring.hpp"

namespace twopass::run {

// What the frozen features of the trained network are worth on the probe dataset's own classes, beside the
// two controls: the same probe on raw pixels and on the untrained network (the run's own initial weights).
// Accuracies on the test split: {"features": {"layer1": ...}, "controls": {"raw_pixels": ..., "untrained":
// {...}}}. Each of the three is kept in the folder as soon as it is known, so that a stopped run does not
// start over.
nlohmann::json measure_transfer(Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test,
                                RunFolder& folder, ProgressDisplay& display);

// How well the same probes learn the pretext task itself from the frozen features, each image under one of
// the task's transformations: what a trainer that knows no classes has learned of it. Accuracies on the test
// split, {"layer1": ..., "last_three": ..., "all": ...}; kept in the folder too.
nlohmann::json probe_pretext(Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test,
                             RunFolder& folder, ProgressDisplay& display);

}  // namespace twopass::run
