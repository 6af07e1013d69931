#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "report/format.hpp"

namespace twopass::report {

// What one run found, from its result.json: pretext accuracy, then the probe's accuracy on the features of
// every layer beside the same columns of the untrained network and the probe on raw pixels, in percent. Says
// so when features lie below one of these controls. What the result lacks is left out or "-".
std::string summary(const nlohmann::json& result, Format format);

}  // namespace twopass::report
