#include "report/select.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "host/nearest.hpp"
#include "pipeline/numbers.hpp"
#include "pipeline/sections.hpp"
#include "twopass/error.hpp"

namespace twopass::report {
namespace {

using pipeline::parse_number;

constexpr std::string_view kConfig = "config.";
constexpr const char* kEmpty = "(none)";  // how a text that is empty is shown

bool equal(const std::string& left, const std::string& right) {
  return left == right || (parse_number(left) && parse_number(left) == parse_number(right));
}

// Numbers by size, in front of texts by alphabet.
bool before(const std::string& left, const std::string& right) {
  const std::optional<double> left_number = parse_number(left);
  const std::optional<double> right_number = parse_number(right);
  if (left_number && right_number) return *left_number < *right_number;
  if (left_number.has_value() != right_number.has_value()) return left_number.has_value();
  return left < right;
}

bool fits(const Run& run, const Condition& condition) {
  const std::string* value = run.find(condition.field.text);
  return value != nullptr && std::ranges::any_of(condition.values, [&](const std::string& wanted) {
           return equal(*value, wanted);
         });
}

bool fits(const Run& run, const std::vector<Condition>& conditions) {
  return std::ranges::all_of(conditions, [&](const Condition& condition) { return fits(run, condition); });
}

// Fields that some run must have. What a heading selects by, only where runs fit its other conditions: of a
// plugin that no run has used yet, its options are not known.
std::vector<Located> fields_of(const Definition& definition, const std::vector<Run>& runs) {
  std::vector<Located> fields;
  const auto add = [&](const Located& field) {
    if (!field.text.empty()) fields.push_back(field);
  };
  const auto add_selectors = [&](const std::vector<Condition>& conditions) {
    for (const Condition& condition : conditions) {
      const auto fits_others = [&](const Run& run) {
        return std::ranges::all_of(
            conditions, [&](const Condition& other) { return &other == &condition || fits(run, other); });
      };
      if (std::ranges::any_of(runs, fits_others)) add(condition.field);
    }
  };
  add(definition.value);
  for (const Condition& condition : definition.where) add(condition.field);
  for (const Axis* axis : {&definition.rows, &definition.columns}) {
    if (axis->field) add(*axis->field);
    for (const Heading& heading : axis->headings) {
      add(heading.value);
      add_selectors(heading.where);
      if (heading.values)
        for (const RowValue& entry : *heading.values) add(entry.value);
    }
  }
  std::ranges::stable_sort(fields, {}, [](const Located& field) { return field.position.offset; });
  return fields;
}

// Every field that a definition may name, with and without "config.".
std::vector<std::string> known_fields(const std::vector<Run>& runs) {
  std::set<std::string> known;
  for (const Run& run : runs)
    for (const auto& [field, value] : run.fields) {
      known.insert(field);
      if (field.starts_with(kConfig)) known.insert(field.substr(kConfig.size()));
    }
  return {known.begin(), known.end()};
}

// As `Run::find` takes it, a field may be named with and without "config.".
std::string_view without_config(std::string_view field) {
  return field.starts_with(kConfig) ? field.substr(kConfig.size()) : field;
}

// Whether a key of the configuration, or a section, is the field or holds it.
bool covers(std::string_view key, const std::string& field) {
  const std::string_view path = without_config(key), inside = without_config(field);
  return inside.starts_with(path) && (inside.size() == path.size() || inside[path.size()] == '.');
}

// A cell's runs may differ in what the configuration's hash leaves out, and in the seed.
bool may_differ(const Definition& definition, const std::string& field) {
  const auto covers_it = [&](std::string_view key) { return covers(key, field); };
  return covers_it("seed") || std::ranges::any_of(pipeline::kNotInHash, covers_it) ||
         std::ranges::any_of(definition.may_differ, covers_it, &Located::text);
}

[[noreturn]] void fail_unknown(const Located& field, const std::vector<Run>& runs) {
  fail(field.position, fmt::format("no run has a field '{}'; the nearest is '{}'", field.text,
                                   host::nearest_first(field.text, known_fields(runs)).front()));
}

// The first key of the configuration in which the runs differ and must not, one that both have before others:
// a plugin's name says more than an option that the other one lacks. Empty when there is none.
std::string differing_key(const Definition& definition, const Run& left, const Run& right) {
  std::set<std::string> keys;
  for (const Run* run : {&left, &right})
    for (const auto& [field, value] : run->fields)
      if (field.starts_with(kConfig) && !may_differ(definition, field)) keys.insert(field);
  std::string only_one_has;
  for (const std::string& key : keys) {
    const auto in_left = left.fields.find(key);
    const auto in_right = right.fields.find(key);
    const bool both_have = in_left != left.fields.end() && in_right != right.fields.end();
    if (both_have && in_left->second != in_right->second) return key;
    if (!both_have && only_one_has.empty()) only_one_has = key;
  }
  return only_one_has;
}

}  // namespace

void check_fields(const Definition& definition, const std::vector<Run>& runs) {
  const bool any_result = std::ranges::any_of(runs, &Run::done);
  for (const Located& field : fields_of(definition, runs)) {
    const auto has = [&](const Run& run) { return run.find(field.text) != nullptr; };
    if (std::ranges::any_of(runs, has)) continue;
    // While no run is done, what a result will hold cannot be known.
    if (!any_result && !field.text.starts_with(kConfig)) continue;
    fail_unknown(field, runs);
  }
  for (const Located& key : definition.may_differ) {
    const auto has = [&](const Run& run) {
      return std::ranges::any_of(run.fields,
                                 [&](const auto& field) { return covers(key.text, field.first); });
    };
    if (!std::ranges::any_of(runs, has)) fail_unknown(key, runs);
  }
}

void complete_axis(Axis& axis, const Definition& definition, const std::vector<Run>& runs) {
  if (axis.complete()) return;
  axis.found = true;
  std::set<std::string, decltype(&before)> values(&before);
  for (const Run& run : runs)
    if (const std::string* value = run.find(axis.field->text);
        value != nullptr && fits(run, definition.where))
      values.insert(*value);
  for (const std::string& value : values)
    axis.headings.push_back({value.empty() ? kEmpty : value, {{*axis.field, {value}}}, {}, {}});
}

size_t runs_without(const Axis& axis, const Axis& other, const Definition& definition,
                    const std::vector<Run>& runs) {
  return static_cast<size_t>(std::ranges::count_if(runs, [&](const Run& run) {
    return run.find(axis.field->text) == nullptr && fits(run, definition.where) &&
           std::ranges::any_of(other.headings,
                               [&](const Heading& heading) { return fits(run, heading.where); });
  }));
}

std::vector<const Run*> select_runs(const Definition& definition, const Heading& row, const Heading& column,
                                    const std::vector<Run>& runs) {
  std::vector<const Run*> selected;
  for (const Run& run : runs)
    if (fits(run, definition.where) && fits(run, row.where) && fits(run, column.where))
      selected.push_back(&run);
  std::ranges::stable_sort(selected, before, [](const Run* run) { return run->text("seed"); });
  return selected;
}

void check_cell(const Definition& definition, const std::string& cell, const std::vector<const Run*>& runs) {
  for (const Run* run : runs) {
    const std::string key = differing_key(definition, *runs.front(), *run);
    const auto text = [&](const Run& of) { return of.text(key).empty() ? kEmpty : of.text(key); };
    if (!key.empty())
      throw Error(fmt::format(
          "{}: {} holds runs that differ in {}: '{}' has {}, '{}' has {}. Tell them apart with "
          "`where`, or list the key under `may_differ`.",
          definition.file, cell, key, runs.front()->folder, text(*runs.front()), run->folder, text(*run)));
  }
  std::map<std::pair<std::string, std::string>, const Run*> by_seed;
  for (const Run* run : runs) {
    if (!run->done()) continue;
    const auto [earlier, is_new] = by_seed.try_emplace({run->text("seed"), run->text("config_hash")}, run);
    if (!is_new)
      throw Error(
          fmt::format("{}: {} holds seed {} of one configuration twice: '{}' and '{}'. Remove one of them.",
                      definition.file, cell, run->text("seed"), earlier->second->folder, run->folder));
  }
}

}  // namespace twopass::report
