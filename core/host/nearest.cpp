#include "host/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace twopass::host {

size_t edit_distance(std::string_view left, std::string_view right) {
  // Rows of the distance table: distances[column] is that of the prefixes left[0, row) and right[0, column).
  std::vector<size_t> before_last;
  std::vector<size_t> last;
  std::vector<size_t> current(right.size() + 1);
  std::iota(current.begin(), current.end(), size_t{0});
  for (size_t row = 1; row <= left.size(); ++row) {
    before_last = std::exchange(last, current);
    current[0] = row;
    for (size_t column = 1; column <= right.size(); ++column) {
      const bool differ = left[row - 1] != right[column - 1];
      current[column] =
          std::min({last[column] + 1, current[column - 1] + 1, last[column - 1] + (differ ? 1 : 0)});
      const bool swapped =
          row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1];
      if (swapped) current[column] = std::min(current[column], before_last[column - 2] + 1);
    }
  }
  return current.back();
}

std::vector<std::string> nearest_first(std::string_view name, std::vector<std::string> candidates) {
  std::ranges::stable_sort(candidates, {},
                           [&](const std::string& candidate) { return edit_distance(name, candidate); });
  return candidates;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  const auto nearest = std::ranges::min_element(
      candidates, {}, [&](const std::string& item) { return edit_distance(name, item); });
  if (nearest == candidates.end()) return {};
  // Beyond a third of the word it is a guess, no typing error.
  const size_t tolerance = std::max<size_t>(1, std::max(name.size(), nearest->size()) / 3);
  return edit_distance(name, *nearest) <= tolerance ? "; did you mean '" + *nearest + "'?" : std::string();
}

}  // namespace twopass::host
