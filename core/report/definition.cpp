#include "report/definition.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string_view>

#include "host/nearest.hpp"
#include "report/run_folder.hpp"
#include "report/yaml.hpp"

namespace twopass::report {
namespace {

constexpr int kMaximumDecimals = 12;

class Decoder {
 public:
  explicit Decoder(const std::filesystem::path& file) : file_(file.generic_string()) {}

  Definition definition(const Yaml& yaml) const;

 private:
  [[noreturn]] void fail(const Yaml& at, const std::string& text) const {
    throw Error(fmt::format("{}:{}: {}", file_, at.line, text));
  }

  // Refuses what is no mapping and keys other than `known`.
  void check_keys(const Yaml& mapping, std::string_view what, const std::vector<std::string>& known) const {
    if (mapping.kind != Yaml::Kind::kMapping) fail(mapping, fmt::format("{} must be a mapping", what));
    for (size_t index = 0; index < mapping.keys.size(); ++index)
      if (std::ranges::find(known, mapping.keys[index]) == known.end())
        fail(mapping.items[index],
             fmt::format("{} has no key '{}'; did you mean '{}'? It has: {}", what, mapping.keys[index],
                         host::nearest_first(mapping.keys[index], known).front(), fmt::join(known, ", ")));
  }

  Located text(const Yaml& yaml, std::string_view what) const {
    if (yaml.kind != Yaml::Kind::kText) fail(yaml, fmt::format("{} must be a text", what));
    return {yaml.text, yaml.line};
  }

  double decimal(const Yaml& yaml, std::string_view what) const {
    const std::optional<double> value = number(text(yaml, what).text);
    if (!value) fail(yaml, fmt::format("{} must be a number, not '{}'", what, yaml.text));
    return *value;
  }

  // Index of the text among the choices.
  size_t choice(const Yaml& yaml, std::string_view what, const std::vector<std::string>& choices) const {
    const auto found = std::ranges::find(choices, text(yaml, what).text);
    if (found == choices.end())
      fail(yaml, fmt::format("{} must be one of {}, not '{}'", what, fmt::join(choices, ", "), yaml.text));
    return static_cast<size_t>(found - choices.begin());
  }

  int decimals(const Yaml& yaml) const {
    const double value = decimal(yaml, "decimals");
    if (value != static_cast<int>(value) || value < 0 || value > kMaximumDecimals)
      fail(yaml, fmt::format("decimals must be a whole number from 0 to {}", kMaximumDecimals));
    return static_cast<int>(value);
  }

  // One text or a list of them.
  std::vector<Located> texts(const Yaml& yaml, std::string_view what) const {
    if (yaml.kind != Yaml::Kind::kList) return {text(yaml, what)};
    std::vector<Located> found;
    for (const Yaml& item : yaml.items) found.push_back(text(item, what));
    return found;
  }

  std::vector<Condition> conditions(const Yaml& yaml) const {
    check_keys(yaml, "where", yaml.keys);
    std::vector<Condition> found;
    for (size_t index = 0; index < yaml.keys.size(); ++index) {
      Condition& condition = found.emplace_back();
      condition.field = {yaml.keys[index], yaml.items[index].line};
      for (const Located& value : texts(yaml.items[index], "a value of where"))
        condition.values.push_back(value.text);
    }
    return found;
  }

  Heading heading(const Yaml& yaml, bool is_row) const {
    if (is_row)
      check_keys(yaml, "a row", {"label", "where", "value", "values"});
    else
      check_keys(yaml, "a column", {"label", "where", "value"});
    const Yaml* label = yaml.find("label");
    if (label == nullptr) fail(yaml, "a row or column needs a label");
    Heading heading;
    heading.label = text(*label, "label").text;
    if (const Yaml* where = yaml.find("where")) heading.where = conditions(*where);
    if (const Yaml* value = yaml.find("value")) heading.value = text(*value, "value");
    if (const Yaml* values = yaml.find("values")) {
      check_keys(*values, "values", values->keys);
      heading.values.emplace();
      for (size_t index = 0; index < values->keys.size(); ++index)
        heading.values->emplace(values->keys[index], text(values->items[index], "a value"));
    }
    return heading;
  }

  // A value of an axis's field: the value itself, or {value, label}.
  Heading heading_of_value(const Located& field, const Yaml& yaml) const {
    if (yaml.kind == Yaml::Kind::kText) return {yaml.text, {{field, {yaml.text}}}, {}, {}};
    check_keys(yaml, "a value", {"value", "label"});
    const Yaml* value = yaml.find("value");
    const Yaml* label = yaml.find("label");
    if (value == nullptr || label == nullptr) fail(yaml, "a value that is a mapping needs value and label");
    return {text(*label, "label").text, {{field, {text(*value, "value").text}}}, {}, {}};
  }

  Axis axis(const Yaml& yaml, bool is_row) const {
    Axis axis;
    if (yaml.kind == Yaml::Kind::kText) {
      axis.field = text(yaml, "rows or columns");
    } else if (yaml.kind == Yaml::Kind::kMapping) {
      check_keys(yaml, "rows or columns", {"field", "values"});
      const Yaml* field = yaml.find("field");
      if (field == nullptr) fail(yaml, "rows or columns that are a mapping need a field");
      axis.field = text(*field, "field");
      if (const Yaml* values = yaml.find("values")) {
        if (values->kind != Yaml::Kind::kList || values->items.empty())
          fail(*values, "values must be a list with at least one entry");
        for (const Yaml& value : values->items) axis.headings.push_back(heading_of_value(*axis.field, value));
      }
    } else {
      for (const Yaml& item : yaml.items) axis.headings.push_back(heading(item, is_row));
      if (!axis.complete()) fail(yaml, "rows or columns must be a field, or a list with at least one entry");
    }
    for (size_t index = 0; index < axis.headings.size(); ++index)
      for (size_t earlier = 0; earlier < index; ++earlier)
        if (axis.headings[index].label == axis.headings[earlier].label)
          fail(yaml, fmt::format("label '{}' is given twice", axis.headings[index].label));
    return axis;
  }

  void reference(const Yaml& yaml, Definition& definition) const {
    check_keys(yaml, "reference", {"source", "values"});
    if (const Yaml* source = yaml.find("source")) definition.source = text(*source, "source").text;
    const Yaml* rows = yaml.find("values");
    if (rows == nullptr) fail(yaml, "reference needs values: {row: {column: number}}");
    check_keys(*rows, "values", rows->keys);
    for (size_t row = 0; row < rows->keys.size(); ++row) {
      const Yaml& columns = rows->items[row];
      check_keys(columns, "a row of reference", columns.keys);
      for (size_t column = 0; column < columns.keys.size(); ++column)
        definition.published.push_back({{rows->keys[row], columns.line},
                                        {columns.keys[column], columns.items[column].line},
                                        decimal(columns.items[column], "a published value")});
    }
  }

  std::string file_;
};

Definition Decoder::definition(const Yaml& yaml) const {
  check_keys(yaml, "a table definition",
             {"title", "where", "rows", "columns", "value", "percent", "decimals", "best", "lower_is_better",
              "baseline", "may_differ", "reference"});
  const Yaml* rows = yaml.find("rows");
  const Yaml* columns = yaml.find("columns");
  if (rows == nullptr || columns == nullptr) fail(yaml, "a table definition needs rows and columns");
  const std::vector<std::string> no_yes = {"false", "true"};

  Definition definition;
  definition.file = file_;
  definition.rows = axis(*rows, true);
  definition.columns = axis(*columns, false);
  if (const Yaml* part = yaml.find("title")) definition.title = text(*part, "title").text;
  if (const Yaml* part = yaml.find("where")) definition.where = conditions(*part);
  if (const Yaml* part = yaml.find("value")) definition.value = text(*part, "value");
  if (const Yaml* part = yaml.find("percent")) definition.percent = choice(*part, "percent", no_yes) == 1;
  if (definition.percent) definition.decimals = 1;
  if (const Yaml* part = yaml.find("decimals")) definition.decimals = decimals(*part);
  if (const Yaml* part = yaml.find("best"))
    definition.best = static_cast<Best>(choice(*part, "best", {"none", "row", "column"}));
  if (const Yaml* part = yaml.find("lower_is_better"))
    definition.lower_is_better = choice(*part, "lower_is_better", no_yes) == 1;
  if (const Yaml* part = yaml.find("baseline")) definition.baseline = text(*part, "baseline");
  if (const Yaml* part = yaml.find("may_differ")) definition.may_differ = texts(*part, "may_differ");
  if (const Yaml* part = yaml.find("reference")) reference(*part, definition);
  return definition;
}

}  // namespace

Definition read_definition(const std::filesystem::path& file) {
  return Decoder(file).definition(read_yaml(file, TWOPASS_INVALID_ARGUMENT));
}

}  // namespace twopass::report
