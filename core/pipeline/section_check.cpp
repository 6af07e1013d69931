#include "pipeline/section_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "host/nearest.hpp"
#include "pipeline/option_check.hpp"

namespace twopass::pipeline {
namespace {

std::string note_of(const twopass_option& option, const std::string& inspect) {
  std::string note =
      option.default_text == nullptr ? "required" : "default " + to_yaml(default_value(option));
  if (option.unit != nullptr) note += ", in " + std::string(option.unit);
  return inspect.empty() ? note : note + "; see: twopass inspect " + inspect;
}

class SectionReader {
 public:
  SectionReader(const YamlNode& section, const SectionTable& table, Diagnostics& diagnostics,
                Positions& positions)
      : section_(section), table_(table), diagnostics_(diagnostics), positions_(positions) {}

  OptionValues read() {
    std::vector<OptionValue> values;
    for (const twopass_option* option : table_.options) read_option(*option, "", values);
    for (const twopass_option* option : table_.own) read_option(*option, table_.inspect, values);
    if (!table_.plugin_is_missing) report_unknown_keys();
    return OptionValues(std::move(values));
  }

 private:
  void read_option(const twopass_option& option, const std::string& inspect,
                   std::vector<OptionValue>& values) {
    const std::string path = join(table_.path, option.name);
    const YamlNode* entry = section_.find(option.name);
    if (entry != nullptr) {
      positions_[path] = entry->position;
      auto value = check_option(*entry, option, path, note_of(option, inspect), diagnostics_);
      if (value) add(std::move(*value), option, values);
    } else if (option.default_text != nullptr) {
      add(default_value(option), option, values);
    } else {
      const std::string note = inspect.empty() ? option.doc : "see: twopass inspect " + inspect;
      diagnostics_.error(place(), path + ": required, but missing", note);
    }
  }

  static void add(OptionValue value, const twopass_option& option, std::vector<OptionValue>& values) {
    if ((option.flags & TWOPASS_ADDED_LATER) != 0)
      value.in_hash = to_yaml(value) != to_yaml(default_value(option));
    values.push_back(std::move(value));
  }

  // The section's key rather than its first value, which has nothing to do with what is missing.
  Position place() const {
    const auto found = positions_.find(table_.path);
    return found == positions_.end() ? Position{section_.position.source, 0, 0} : found->second;
  }

  void report_unknown_keys() {
    const std::vector<std::string> known = known_keys();
    for (const YamlNode& entry : section_.children)
      if (std::find(known.begin(), known.end(), entry.key) == known.end())
        report_unknown_key(entry, table_.path, known, table_.inspect, diagnostics_);
  }

  std::vector<std::string> known_keys() const {
    std::vector<std::string> keys;
    for (const twopass_option* option : table_.options) keys.emplace_back(option->name);
    for (const twopass_option* option : table_.own) keys.emplace_back(option->name);
    keys.insert(keys.end(), table_.other_keys.begin(), table_.other_keys.end());
    return keys;
  }

  const YamlNode& section_;
  const SectionTable& table_;
  Diagnostics& diagnostics_;
  Positions& positions_;
};

}  // namespace

std::string join(const std::string& section, const std::string& key) {
  return section.empty() ? key : section + "." + key;
}

void report_unknown_key(const YamlNode& entry, const std::string& path, const std::vector<std::string>& known,
                        const std::string& inspect, Diagnostics& diagnostics) {
  const std::string message = fmt::format("{}unknown key '{}'", path.empty() ? "" : path + ": ", entry.key);
  const std::string suggestion = host::did_you_mean(entry.key, known);
  if (suggestion.empty())
    return diagnostics.error(entry.key_position, message,
                             fmt::format("known keys: {}", fmt::join(known, ", ")));
  diagnostics.error(entry.key_position, message + suggestion,
                    inspect.empty() ? "" : "see: twopass inspect " + inspect);
}

OptionValues check_section(const YamlNode& section, const SectionTable& table, Diagnostics& diagnostics,
                           Positions& positions) {
  return SectionReader(section, table, diagnostics, positions).read();
}

}  // namespace twopass::pipeline
