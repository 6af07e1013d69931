#pragma once

#include <string>

#include "pipeline/pipeline.hpp"

namespace twopass::pipeline {

// Pipeline::resolved_yaml and Pipeline::hash, from the other members.
std::string resolve(const Pipeline& pipeline);
std::string identity_hash(const Pipeline& pipeline);

}  // namespace twopass::pipeline
