#pragma once

#include <string>

#include "conformance/subject.hpp"

namespace twopass::conformance {

// Has an instance do once, and small, what a run has it do: load a split, transform an image, take a step,
// run a program. Why it could not, such as data that are not here; empty when it did. Whether such a failure
// is a fault is for the checks of its kind to say.
std::string use(Subject& subject);

}  // namespace twopass::conformance
