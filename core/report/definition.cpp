#include "report/definition.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "pipeline/document.hpp"
#include "pipeline/numbers.hpp"
#include "pipeline/section_check.hpp"

namespace twopass::report {
namespace {

using Yaml = pipeline::YamlNode;

constexpr int kMaximumDecimals = 12;

[[noreturn]] void fail(const Yaml& at, const std::string& text) { report::fail(at.position, text); }

void check_mapping(const Yaml& yaml, std::string_view what) {
  if (yaml.kind != Yaml::Kind::kMapping) fail(yaml, fmt::format("{} must be a mapping", what));
}

// Refuses what is no mapping and keys other than `known`.
void check_keys(const Yaml& mapping, const std::string& what, const std::vector<std::string>& known) {
  check_mapping(mapping, what);
  pipeline::Diagnostics unknown;
  for (const Yaml& entry : mapping.children)
    if (std::ranges::find(known, entry.key) == known.end())
      pipeline::report_unknown_key(entry, what, known, "", unknown);
  unknown.throw_if_any();
}

Located text(const Yaml& yaml, std::string_view what) {
  if (yaml.kind != Yaml::Kind::kScalar) fail(yaml, fmt::format("{} must be a text", what));
  return {yaml.text, yaml.position};
}

double decimal(const Yaml& yaml, std::string_view what) {
  const std::optional<double> value = pipeline::parse_number(text(yaml, what).text);
  if (!value) fail(yaml, fmt::format("{} must be a number, not '{}'", what, yaml.text));
  return *value;
}

// Index of the text among the choices.
size_t choice(const Yaml& yaml, std::string_view what, const std::vector<std::string>& choices) {
  const auto found = std::ranges::find(choices, text(yaml, what).text);
  if (found == choices.end())
    fail(yaml, fmt::format("{} must be one of {}, not '{}'", what, fmt::join(choices, ", "), yaml.text));
  return static_cast<size_t>(found - choices.begin());
}

int decimals(const Yaml& yaml) {
  const double value = decimal(yaml, "decimals");
  if (!(value >= 0 && value <= kMaximumDecimals) || value != std::floor(value))
    fail(yaml, fmt::format("decimals must be a whole number from 0 to {}", kMaximumDecimals));
  return static_cast<int>(value);
}

// One text or a list of them.
std::vector<Located> texts(const Yaml& yaml, std::string_view what) {
  if (yaml.kind != Yaml::Kind::kList) return {text(yaml, what)};
  std::vector<Located> found;
  for (const Yaml& item : yaml.children) found.push_back(text(item, what));
  return found;
}

// A scalar, or a list of them as Run::fields shows it.
std::string wanted_value(const Yaml& yaml) {
  if (yaml.kind != Yaml::Kind::kList) return text(yaml, "a value of where").text;
  std::vector<std::string> elements;
  for (const Yaml& element : yaml.children) elements.push_back(text(element, "an element of where").text);
  return fmt::format("[{}]", fmt::join(elements, ", "));
}

// A list holds the values to choose from, or is one itself, for an option that is a list.
std::vector<std::string> wanted_values(const Yaml& yaml) {
  std::vector<std::string> values;
  for (const Yaml& item : yaml.children) values.push_back(wanted_value(item));
  const bool is_nested =
      std::ranges::any_of(yaml.children, [](const Yaml& item) { return item.kind == Yaml::Kind::kList; });
  if (!is_nested) values.push_back(wanted_value(yaml));
  return values;
}

std::vector<Condition> conditions(const Yaml& yaml) {
  check_mapping(yaml, "where");
  std::vector<Condition> found;
  for (const Yaml& entry : yaml.children) {
    Condition& condition = found.emplace_back();
    condition.field = {entry.key, entry.key_position};
    condition.values = wanted_values(entry);
  }
  return found;
}

Heading heading(const Yaml& yaml, bool is_row) {
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
    check_mapping(*values, "values");
    heading.values.emplace();
    for (const Yaml& entry : values->children)
      heading.values->push_back({{entry.key, entry.key_position}, text(entry, "a value")});
  }
  return heading;
}

// A value of an axis's field: the value itself, or {value, label}.
Heading heading_of_value(const Located& field, const Yaml& yaml) {
  if (yaml.kind == Yaml::Kind::kScalar) return {yaml.text, {{field, {yaml.text}}}, {}, {}};
  check_keys(yaml, "a value", {"value", "label"});
  const Yaml* value = yaml.find("value");
  const Yaml* label = yaml.find("label");
  if (value == nullptr || label == nullptr) fail(yaml, "a value that is a mapping needs value and label");
  return {text(*label, "label").text, {{field, {text(*value, "value").text}}}, {}, {}};
}

Axis axis(const Yaml& yaml, bool is_row) {
  Axis axis;
  if (yaml.kind == Yaml::Kind::kScalar) {
    axis.field = text(yaml, "rows or columns");
  } else if (yaml.kind == Yaml::Kind::kMapping) {
    check_keys(yaml, "rows or columns", {"field", "values"});
    const Yaml* field = yaml.find("field");
    if (field == nullptr) fail(yaml, "rows or columns that are a mapping need a field");
    axis.field = text(*field, "field");
    if (const Yaml* values = yaml.find("values")) {
      if (values->kind != Yaml::Kind::kList || values->children.empty())
        fail(*values, "values must be a list with at least one entry");
      for (const Yaml& value : values->children)
        axis.headings.push_back(heading_of_value(*axis.field, value));
    }
  } else {
    for (const Yaml& item : yaml.children) axis.headings.push_back(heading(item, is_row));
    if (!axis.complete()) fail(yaml, "rows or columns must be a field, or a list with at least one entry");
  }
  for (size_t index = 0; index < axis.headings.size(); ++index)
    for (size_t earlier = 0; earlier < index; ++earlier)
      if (axis.headings[index].label == axis.headings[earlier].label)
        fail(yaml, fmt::format("label '{}' is given twice", axis.headings[index].label));
  return axis;
}

void reference(const Yaml& yaml, Definition& definition) {
  check_keys(yaml, "reference", {"source", "values"});
  if (const Yaml* source = yaml.find("source")) definition.source = text(*source, "source").text;
  const Yaml* rows = yaml.find("values");
  if (rows == nullptr) fail(yaml, "reference needs values: {row: {column: number}}");
  check_mapping(*rows, "values");
  for (const Yaml& row : rows->children) {
    check_mapping(row, "a row of reference");
    for (const Yaml& column : row.children)
      definition.published.push_back({{row.key, row.key_position},
                                      {column.key, column.key_position},
                                      decimal(column, "a published value")});
  }
}

Definition definition_of(const Yaml& yaml) {
  check_keys(yaml, "a table definition",
             {"title", "where", "rows", "columns", "value", "percent", "decimals", "best", "lower_is_better",
              "baseline", "may_differ", "reference"});
  const Yaml* rows = yaml.find("rows");
  const Yaml* columns = yaml.find("columns");
  if (rows == nullptr || columns == nullptr) fail(yaml, "a table definition needs rows and columns");
  const std::vector<std::string> no_yes = {"false", "true"};

  Definition definition;
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
  pipeline::Diagnostics diagnostics;
  const Yaml yaml = pipeline::read_yaml(pipeline::read_source(file, "table definition"), diagnostics);
  diagnostics.throw_if_any();
  Definition definition = definition_of(yaml);
  definition.file = file.generic_string();
  return definition;
}

void fail(const pipeline::Position& place, const std::string& message) {
  throw pipeline::InvalidPipeline({pipeline::diagnose(place, message)});
}

}  // namespace twopass::report
