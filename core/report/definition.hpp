#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace twopass::report {

// A text of the definition with its line, for messages.
struct Located {
  std::string text;
  int line = 0;
};

// Holds for a run whose field has one of the values.
struct Condition {
  Located field;
  std::vector<std::string> values;
};

// A row or a column.
struct Heading {
  std::string label;
  std::vector<Condition> where;
  Located value;  // text empty: not given
  // Of a row: its values by the label of the column. Where it is given, columns that it leaves out stay
  // blank.
  std::optional<std::map<std::string, Located>> values;
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

// Throws Error that names file and line for what it cannot understand.
Definition read_definition(const std::filesystem::path& file);

}  // namespace twopass::report
