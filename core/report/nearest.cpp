#include "report/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace twopass::report {
namespace {

// Levenshtein's distance, one row of the table at a time.
size_t edits(std::string_view left, std::string_view right) {
  std::vector<size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t line = 1; line <= left.size(); ++line) {
    size_t diagonal = std::exchange(row[0], line);
    for (size_t column = 1; column <= right.size(); ++column) {
      const size_t replaced = diagonal + (left[line - 1] == right[column - 1] ? 0 : 1);
      diagonal = row[column];
      row[column] = std::min({replaced, row[column] + 1, row[column - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string> candidates) {
  const auto found = std::ranges::min_element(
      candidates, {}, [&](const std::string& candidate) { return edits(name, candidate); });
  return found == candidates.end() ? std::string() : *found;
}

}  // namespace twopass::report
