#include "report/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace twopass::report {

double Cell::mean() const {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> Cell::deviation() const {
  if (values.size() < 2) return std::nullopt;
  const double center = mean();
  double squares = 0;
  for (const double value : values) squares += (value - center) * (value - center);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double Grid::shown_number(const Cell& cell) const { return std::stod(shown_mean(cell)); }

std::string Grid::shown(double value) const {
  const std::string text = fmt::format("{:.{}f}", value, decimals);
  // No minus sign in front of a zero.
  return text.find_first_not_of("-0.") == std::string::npos ? fmt::format("{:.{}f}", 0.0, decimals) : text;
}

std::string Grid::difference(const Cell& cell) const {
  const std::string text = shown(cell.mean() * scale - *cell.published);
  return text.front() == '-' ? text : "+" + text;
}

void mark_best(Grid& grid, bool of_rows, bool lower_is_better) {
  grid.best_of = of_rows ? "row" : "column";
  const size_t lines = of_rows ? grid.rows.size() : grid.columns.size();
  const size_t length = of_rows ? grid.columns.size() : grid.rows.size();
  for (size_t line = 0; line < lines; ++line) {
    std::vector<Cell*> rivals;
    for (size_t place = 0; place < length; ++place) {
      Cell& cell = of_rows ? grid.at(line, place) : grid.at(place, line);
      if (!cell.values.empty()) rivals.push_back(&cell);
    }
    if (rivals.empty()) continue;
    const auto value = [&](const Cell* cell) { return grid.shown_number(*cell); };
    const auto [lowest, highest] = std::ranges::minmax_element(rivals, {}, value);
    if (value(*lowest) == value(*highest)) continue;
    const double best = value(lower_is_better ? *lowest : *highest);
    for (Cell* cell : rivals) cell->best = value(cell) == best;
  }
}

void mark_below(Grid& grid, const std::string& label) {
  grid.baseline = label;
  const auto row = static_cast<size_t>(std::ranges::find(grid.rows, label) - grid.rows.begin());
  const auto column = static_cast<size_t>(std::ranges::find(grid.columns, label) - grid.columns.begin());
  for (size_t r = 0; r < grid.rows.size(); ++r)
    for (size_t c = 0; c < grid.columns.size(); ++c) {
      const Cell& floor = row < grid.rows.size() ? grid.at(row, c) : grid.at(r, column);
      grid.at(r, c).below_baseline = grid.is_below(grid.at(r, c), floor);
    }
}

}  // namespace twopass::report
