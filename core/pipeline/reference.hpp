#pragma once

#include <string>

#include "host/registry.hpp"

namespace twopass::pipeline {

// Every key of a pipeline as Markdown tables (docs/pipelines.md), from the option tables of the host and of
// every plugin that the registry can load.
std::string markdown(host::Registry& registry);

}  // namespace twopass::pipeline
