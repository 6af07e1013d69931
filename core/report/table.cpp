#include "report/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "host/nearest.hpp"
#include "pipeline/numbers.hpp"
#include "report/definition.hpp"
#include "report/grid.hpp"
#include "report/render.hpp"
#include "report/run_folder.hpp"
#include "report/select.hpp"
#include "twopass/error.hpp"

namespace twopass::report {
namespace {

// What readers ask first about a number: how long, on how much, and how the features were taken.
struct ProtocolItem {
  const char* field;
  fmt::string_view text;
  const char* of_zero = "0";  // what 0 stands for
};
constexpr const char* kNone = "none";
constexpr std::array<ProtocolItem, 8> kProtocol{{
    {"config.trainer.epochs", "{} epochs"},
    {"config.trainer.batch_size", "batch size {}"},
    {"config.dataset.train_size", "{} training images", "all"},
    {"config.dataset.validation_size", "{} other training images in place of the test images", kNone},
    {"config.transfer.epochs", "probe {} epochs"},
    {"config.transfer.dataset.train_size", "of {} images", "all"},
    {"config.transfer.features", "{} features"},
    {"config.transfer.label_pixels", "label pixels {}"},
}};

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> found;
  for (const Heading& heading : axis.headings) found.push_back(heading.label);
  return found;
}

// Index of the label. Throws when there is none.
size_t index_of(const std::vector<std::string>& labels, const Located& label) {
  const auto found = std::ranges::find(labels, label.text);
  if (found == labels.end())
    fail(label.position, fmt::format("no row or column is called '{}'; the nearest is '{}'", label.text,
                                     host::nearest_first(label.text, labels).front()));
  return static_cast<size_t>(found - labels.begin());
}

// The field whose value the cell shows; null for a blank one.
const Located* value_of(const Definition& definition, const Heading& row, const Heading& column) {
  if (row.values) {
    const auto found = std::ranges::find_if(
        *row.values, [&](const RowValue& entry) { return entry.column.text == column.label; });
    return found == row.values->end() ? nullptr : &found->value;
  }
  for (const Located* value : {&row.value, &column.value, &definition.value})
    if (!value->text.empty()) return value;
  throw Error(
      fmt::format("{}: row '{}', column '{}' has no value; give one to the row, the column or the table",
                  definition.file, row.label, column.label));
}

Cell make_cell(const Definition& definition, const Located& field, const std::vector<const Run*>& runs) {
  Cell cell;
  for (const Run* run : runs) {
    if (!run->done()) {
      cell.states.push_back(run->state);
      continue;
    }
    const std::string* text = run->find(field.text);
    if (text == nullptr) continue;
    const std::optional<double> value = pipeline::parse_number(*text);
    if (!value)
      throw Error(fmt::format("{} of run '{}' is '{}' and no number", field.text, run->folder, *text));
    if (definition.percent && std::abs(*value) > 1)
      fail(field.position,
           fmt::format("{} of run '{}' is {} and no fraction, which a table with `percent: true` shows; give "
                       "it a table of its own",
                       field.text, run->folder, *text));
    cell.values.push_back(*value);
    cell.seeds.push_back(run->text("seed"));
    cell.hashes.insert(run->text("config_hash"));
  }
  return cell;
}

// Fills in what is said about the runs below the table.
void describe_runs(Grid& grid, const std::vector<const Run*>& runs) {
  std::set<std::string> hashes;
  std::set<std::string> unfinished;
  for (const Run* run : runs) {
    if (run->done())
      hashes.insert(run->text("config_hash"));
    else
      unfinished.insert(fmt::format("{}, seed {}: {}", run->text("name"), run->text("seed"), run->state));
  }
  grid.hashes.assign(hashes.begin(), hashes.end());
  grid.unfinished.assign(unfinished.begin(), unfinished.end());
  for (const ProtocolItem& item : kProtocol) {
    std::set<std::string> values;
    for (const Run* run : runs)
      if (const std::string* value = run->find(item.field))
        values.insert(*value == "0" ? item.of_zero : *value);
    if (!values.empty() && values != std::set<std::string>{kNone})
      grid.protocol.push_back(fmt::format(fmt::runtime(item.text), fmt::join(values, " or ")));
  }
}

void add_published(Grid& grid, const Definition& definition) {
  grid.source = definition.source;
  for (const Published& published : definition.published) {
    // Rows found among the runs may be fewer than the published ones.
    if (definition.rows.found && std::ranges::find(grid.rows, published.row.text) == grid.rows.end())
      continue;
    if (definition.columns.found &&
        std::ranges::find(grid.columns, published.column.text) == grid.columns.end())
      continue;
    grid.at(index_of(grid.rows, published.row), index_of(grid.columns, published.column)).published =
        published.number;
  }
}

void check_labels(const Definition& definition, const Grid& grid) {
  for (const Heading& row : definition.rows.headings)
    if (row.values)
      for (const RowValue& entry : *row.values) index_of(grid.columns, entry.column);
  if (definition.baseline.text.empty()) return;
  std::vector<std::string> all = grid.rows;
  all.insert(all.end(), grid.columns.begin(), grid.columns.end());
  index_of(all, definition.baseline);
}

Grid make_grid(const Definition& definition, const std::vector<Run>& runs) {
  Grid grid;
  grid.title = definition.title;
  grid.rows = labels(definition.rows);
  grid.columns = labels(definition.columns);
  grid.scale = definition.percent ? 100 : 1;
  grid.decimals = definition.decimals;
  check_labels(definition, grid);
  std::set<const Run*> used;
  for (const Heading& row : definition.rows.headings)
    for (const Heading& column : definition.columns.headings) {
      const Located* field = value_of(definition, row, column);
      Cell& cell = grid.cells.emplace_back();
      cell.blank = field == nullptr;
      if (cell.blank) continue;
      const std::vector<const Run*> selected = select_runs(definition, row, column, runs);
      check_cell(definition, fmt::format("row '{}', column '{}'", row.label, column.label), selected);
      cell = make_cell(definition, *field, selected);
      used.insert(selected.begin(), selected.end());
    }
  describe_runs(grid, {used.begin(), used.end()});
  add_published(grid, definition);
  return grid;
}

void remark_left_out(Grid& grid, const Axis& axis, const Axis& other, const Definition& definition,
                     const std::vector<Run>& runs) {
  const size_t count = axis.found ? runs_without(axis, other, definition, runs) : 0;
  if (count > 0)
    grid.remarks.push_back(fmt::format("{} {} no {} and {} left out.", count,
                                       count == 1 ? "run has" : "runs have", axis.field->text,
                                       count == 1 ? "is" : "are"));
}

}  // namespace

std::string table(const std::filesystem::path& file, const std::vector<std::filesystem::path>& results,
                  Format format) {
  Definition definition = read_definition(file);
  const std::vector<Run> runs = read_runs(results);
  check_fields(definition, runs);
  complete_axis(definition.rows, definition, runs);
  complete_axis(definition.columns, definition, runs);
  Grid grid = make_grid(definition, runs);
  remark_left_out(grid, definition.rows, definition.columns, definition, runs);
  remark_left_out(grid, definition.columns, definition.rows, definition, runs);
  const auto has_runs = [](const Cell& cell) { return !cell.values.empty() || !cell.states.empty(); };
  if (std::ranges::none_of(grid.cells, has_runs))
    throw NothingMatched(fmt::format("none of the runs ({}) fits {}: see its `where`, rows and columns",
                                     runs.size(), definition.file));
  if (definition.best != Best::kNone)
    mark_best(grid, definition.best == Best::kRow, definition.lower_is_better);
  if (!definition.baseline.text.empty()) mark_below(grid, definition.baseline.text);
  return render(grid, format);
}

}  // namespace twopass::report
