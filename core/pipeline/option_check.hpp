#pragma once

#include <optional>
#include <string>

#include "pipeline/diagnostic.hpp"
#include "pipeline/document.hpp"
#include "pipeline/option_values.hpp"
#include "twopass/abi.h"

namespace twopass::pipeline {

// With the home folder in place of a leading `~`, as shells write it.
std::string expand_home(const std::string& path);

// Reads `node` as a value of the option: type, range, choices, list element by element. `path` is the
// option's name for people ("trainer.learning_rate", or empty), `note` goes with every error. Nothing after
// an error.
std::optional<OptionValue> check_option(const YamlNode& node, const twopass_option& option,
                                        const std::string& path, const std::string& note,
                                        Diagnostics& diagnostics);

// The option's default, read as if the pipeline said so; the option must have one. Throws twopass::Error with
// what is wrong with it ("expected an integer, got \"x\"") when it is invalid.
OptionValue default_value(const twopass_option& option);

}  // namespace twopass::pipeline
