#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/diagnostic.hpp"

namespace twopass::report {

// A text of the definition with its place, for messages.
struct Located {
  std::string text;
  pipeline::Position position;
};

// Holds for a run whose field has one of the values.
struct Condition {
  Located field;
  std::vector<std::string> values;
};

// What a row shows in one of the columns.
struct RowValue {
  Located column, value;
};

// A row or a column.
struct Heading {
  std::string label;
  std::vector<Condition> where;
  Located value;                                // text empty: not given
  std::optional<std::vector<RowValue>> values;  // of a row; columns that these leave out stay blank
};

// The rows or the columns: given one by one, or one for each value of a field that the runs have.
struct Axis {
  std::optional<Located> field;
  std::vector<Heading> headings;
  bool found = false;  // the headings are what the runs have

  bool complete() const { return !headings.empty(); }
};

// A published number, in the unit of the table.
struct Published {
  Located row, column;
  double number = 0;
};

enum class Best { kNone, kRow, kColumn };

// A table definition; docs/tables.md describes the file.
struct Definition {
  std::string file;  // for messages
  std::string title;
  std::vector<Condition> where;
  Axis rows, columns;
  Located value;
  bool percent = false;
  int decimals = 3;
  Best best = Best::kRow;
  bool lower_is_better = false;
  Located baseline;
  std::vector<Located> may_differ;
  std::vector<Published> published;
  std::string source;  // of the published numbers
};

// Throws InvalidPipeline, which shows the place, for what it cannot understand.
Definition read_definition(const std::filesystem::path& file);

// An error at this place of the definition, as InvalidPipeline.
[[noreturn]] void fail(const pipeline::Position& place, const std::string& message);

}  // namespace twopass::report
