#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace twopass::report {

struct Cell {
  bool blank = false;               // has no value by definition
  std::vector<double> values;       // one per seed, in the unit of result.json
  std::vector<std::string> seeds;   // of the values
  std::set<std::string> hashes;     // config_hash of the runs that have a value
  std::vector<std::string> states;  // of the runs that are not done: "failed", "interrupted"
  std::optional<double> published;  // in the unit of the table
  bool best = false;
  bool below_baseline = false;

  bool missing() const { return !blank && values.empty() && states.empty(); }
  // Both need values.
  double mean() const;
  // Sample standard deviation (n - 1); absent for a single value.
  std::optional<double> deviation() const;
};

// A table ready to be written in any format.
struct Grid {
  std::string title;
  std::vector<std::string> rows, columns;  // labels
  std::vector<std::string> row_links;      // where the rows' labels lead in HTML; empty: nowhere
  std::vector<Cell> cells;                 // row by row
  double scale = 1;  // from the unit of result.json to that of the table: 100 for percent
  int decimals = 3;

  std::string best_of;                  // "row", "column", or empty when none is marked
  std::string baseline;                 // label of the row or column that cells are below; empty: none
  std::string source;                   // of the published numbers
  std::vector<std::string> unfinished;  // "NAME, seed N: failed"
  std::vector<std::string> remarks;     // sentences for below the table
  std::vector<std::string> protocol;    // "60 epochs", "batch size 200"
  std::vector<std::string> hashes;      // of the configurations

  Cell& at(size_t row, size_t column) { return cells[row * columns.size() + column]; }
  const Cell& at(size_t row, size_t column) const { return cells[row * columns.size() + column]; }

  // The mean as it is printed, "98.4".
  std::string shown_mean(const Cell& cell) const { return shown(cell.mean() * scale); }
  // The mean as printed, for comparing cells: equal texts shall be equally good.
  double shown_number(const Cell& cell) const;
  // Whether both cells have values and the first is shown as less.
  bool is_below(const Cell& cell, const Cell& floor) const {
    return !cell.values.empty() && !floor.values.empty() && shown_number(cell) < shown_number(floor);
  }
  // A number in the unit of the table.
  std::string shown(double value) const;
  // Mean minus published number, "+0.2"; needs both.
  std::string difference(const Cell& cell) const;
};

// Marks the best cells of each row or column, none where all are equal or there is only one.
void mark_best(Grid& grid, bool of_rows, bool lower_is_better);
// Marks cells below the cell of the row or column `label` that shares their column or row.
void mark_below(Grid& grid, const std::string& label);

}  // namespace twopass::report
