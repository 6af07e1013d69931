#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "report/render.hpp"

// The formats for programs: CSV and JSON.
namespace twopass::report {
namespace {

using nlohmann::ordered_json;

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string text = "\"";
  for (const char character : field)
    text += character == '"' ? std::string("\"\"") : std::string(1, character);
  return text + "\"";
}

std::string csv_line(const Grid& grid, size_t row, size_t column) {
  const Cell& cell = grid.at(row, column);
  const bool has_mean = !cell.values.empty();
  const std::optional<double> deviation = cell.deviation();
  const std::string note = cell.missing() ? "missing" : states_text(cell);
  return fmt::format("{},{},{},{},{},{},{},{},{},{}\r\n", quoted(grid.rows[row]),
                     quoted(grid.columns[column]), has_mean ? grid.shown_mean(cell) : "",
                     deviation ? grid.shown(*deviation * grid.scale) : "", cell.values.size(),
                     cell.published ? grid.shown(*cell.published) : "",
                     has_mean && cell.published ? grid.difference(cell) : "", quoted(note),
                     fmt::join(cell.hashes, " "), quoted(fmt::format("{}", fmt::join(grid.protocol, "; "))));
}

ordered_json json_cell(const Grid& grid, size_t row, size_t column) {
  const Cell& cell = grid.at(row, column);
  ordered_json json = {{"row", grid.rows[row]}, {"column", grid.columns[column]}, {"n", cell.values.size()}};
  const bool has_mean = !cell.values.empty();
  const std::optional<double> deviation = cell.deviation();
  json["mean"] = has_mean ? ordered_json(cell.mean()) : ordered_json();
  json["sd"] = deviation ? ordered_json(*deviation) : ordered_json();
  json["seeds"] = cell.seeds;
  json["values"] = cell.values;
  json["config_hashes"] = cell.hashes;
  if (cell.published) json["published"] = *cell.published / grid.scale;
  if (!cell.states.empty()) json["unfinished"] = cell.states;
  if (cell.best) json["best"] = true;
  if (cell.below_baseline) json["below_baseline"] = true;
  return json;
}

}  // namespace

std::string render_csv(const Grid& grid) {
  std::string text = "row,column,mean,sd,n,published,difference,note,config_hash,protocol\r\n";
  for (size_t row = 0; row < grid.rows.size(); ++row)
    for (size_t column = 0; column < grid.columns.size(); ++column)
      if (!grid.at(row, column).blank) text += csv_line(grid, row, column);
  return text;
}

std::string render_json(const Grid& grid) {
  ordered_json json = {{"title", grid.title}, {"rows", grid.rows}, {"columns", grid.columns}};
  json["cells"] = ordered_json::array();
  for (size_t row = 0; row < grid.rows.size(); ++row)
    for (size_t column = 0; column < grid.columns.size(); ++column)
      if (!grid.at(row, column).blank) json["cells"].push_back(json_cell(grid, row, column));
  if (!grid.baseline.empty()) json["baseline"] = grid.baseline;
  if (!grid.source.empty()) json["published_source"] = grid.source;
  json["unfinished"] = grid.unfinished;
  json["remarks"] = grid.remarks;
  json["protocol"] = grid.protocol;
  json["config_hashes"] = grid.hashes;
  return json.dump(2) + "\n";
}

}  // namespace twopass::report
