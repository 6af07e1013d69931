#pragma once

#include <span>
#include <string>
#include <string_view>

namespace twopass::report {

// The candidate with the fewest edits (insert, delete, replace) from `name`, the first of equals; empty
// without any.
std::string nearest(std::string_view name, std::span<const std::string> candidates);

}  // namespace twopass::report
