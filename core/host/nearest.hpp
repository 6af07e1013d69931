#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twopass::host {

// The least number of insertions, deletions, replacements and swaps of neighbours that turn one word into the
// other (Damerau and Levenshtein, no part edited twice).
size_t edit_distance(std::string_view left, std::string_view right);

// The candidates, nearest to `name` first; equally near ones keep their order.
std::vector<std::string> nearest_first(std::string_view name, std::vector<std::string> candidates);

// "; did you mean 'rotation'?", to end a message with: the candidate that `name` probably was meant to be. An
// empty text when none is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace twopass::host
