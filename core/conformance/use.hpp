#pragma once

#include "conformance/subject.hpp"

namespace twopass::conformance {

// Makes the plugin do once what a run asks of it: load, transform, train and score, compute. What goes wrong
// counts for nothing here, be it missing data or a fault; it is for other checks to say.
void use(Subject& subject) noexcept;

}  // namespace twopass::conformance
