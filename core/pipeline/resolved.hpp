#pragma once

#include <string>

#include "pipeline/pipeline.hpp"

namespace twopass::pipeline {

// Pipeline::resolved_yaml and Pipeline::hash, from the other members.
std::string resolve(const Pipeline& pipeline);
std::string identity_hash(const Pipeline& pipeline);

// How a pipeline departs from one of another hash, whose resolved_yaml is `before`, as a clause: the first
// key that matters, "trainer.epochs was 3 and is now 4". `before` may be empty, when it is not known.
std::string first_difference(const std::string& before, const Pipeline& now);

}  // namespace twopass::pipeline
