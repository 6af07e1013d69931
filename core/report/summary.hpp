#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/format.hpp"
#include "report/grid.hpp"

namespace twopass::report {

// What one run found, from its result.json: pretext accuracy, then the probe's accuracy on the features of
// every layer beside the same columns of the untrained network and the probe on raw pixels, in percent; a row
// of pretext.probe where the trainer knows no classes. Says so when features lie below one of these controls.
// What the result lacks is left out or "-".
Grid summary_grid(const nlohmann::json& result);
std::string summary(const nlohmann::json& result, Format format);

// The keys of an object that says something of each layer: layer1, layer2, ..., last_three, all, then the
// others.
std::vector<std::string> feature_sets(const nlohmann::json& features);
// As people read it: "last three" for "last_three", "layer 1" for "layer1".
std::string feature_label(const std::string& name);

}  // namespace twopass::report
