#include "pipeline/resolved.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/sections.hpp"
#include "pipeline/sha256.hpp"
#include "twopass/error.hpp"

namespace twopass::pipeline {
namespace {

// What is written of a pipeline: everything; what matters to results; of that, without the defaults that
// `in_hash` leaves out, so that runs made before an option was added keep their hash.
enum class Part { kAll, kMatters, kIdentity };

bool is_written(Part part, const std::string& section, const OptionValue& value) {
  if (value.name == kRoots) return false;
  if (part == Part::kAll) return true;
  if (std::ranges::find(kNotInHash, join(section, value.name)) != kNotInHash.end()) return false;
  return part == Part::kMatters || value.in_hash;
}

class Writer {
 public:
  explicit Writer(Part part) : part_(part) {}

  std::string write(const Pipeline& pipeline) {
    if (part_ == Part::kAll) line("name", to_yaml({.name = "name", .text = pipeline.name}));
    line("seed", std::to_string(pipeline.seed));
    plugin("dataset", pipeline.dataset);
    plugin("pretext", pipeline.pretext);
    header("network");
    options("network", pipeline.network);
    plugin("trainer", pipeline.trainer);
    plugin("backend", pipeline.backend);
    header("transfer");
    if (pipeline.transfer_dataset) plugin("transfer.dataset", *pipeline.transfer_dataset);
    options("transfer", pipeline.transfer);
    return std::move(yaml_);
  }

 private:
  // A path's last word, indented by those before it.
  std::string key(const std::string& path) const {
    const auto depth = static_cast<size_t>(std::ranges::count(path, '.'));
    return std::string(2 * depth, ' ') + path.substr(path.rfind('.') + 1) + ":";
  }
  void header(const std::string& path) { yaml_ += key(path) + "\n"; }
  void line(const std::string& path, const std::string& value) { yaml_ += key(path) + " " + value + "\n"; }
  void plugin(const std::string& path, const Section& section) {
    header(path);
    line(join(path, kPluginKey), to_yaml({.name = kPluginKey, .text = section.plugin}));
    options(path, section.values);
  }
  void options(const std::string& path, const OptionValues& values) {
    for (const OptionValue& value : values.list())
      if (is_written(part_, path, value)) line(join(path, value.name), to_yaml(value));
  }

  Part part_;
  std::string yaml_;
};

// Each "key: value" line of a resolved pipeline, its key with the sections that it stands in, in order.
std::vector<std::pair<std::string, std::string>> settings(const std::string& resolved_yaml) {
  std::vector<std::pair<std::string, std::string>> result;
  std::vector<std::string> sections;
  std::istringstream lines(resolved_yaml);
  for (std::string line; std::getline(lines, line);) {
    const size_t indent = line.find_first_not_of(' ');
    const size_t colon = line.find(':');
    if (indent == std::string::npos || colon == std::string::npos) continue;
    sections.resize(std::min(sections.size(), indent / 2));
    std::string path;
    for (const std::string& section : sections) path = join(path, section);
    const std::string key = line.substr(indent, colon - indent);
    if (colon + 1 == line.size())
      sections.push_back(key);
    else
      result.emplace_back(join(path, key), line.substr(colon + 2));
  }
  return result;
}

}  // namespace

std::string resolve(const Pipeline& pipeline) { return Writer(Part::kAll).write(pipeline); }

std::string identity_hash(const Pipeline& pipeline) {
  return sha256_hex(Writer(Part::kIdentity).write(pipeline));
}

std::string first_difference(const std::string& before, const Pipeline& now) {
  std::string unknown = "its configuration is another one";
  if (before.empty()) return unknown;
  const auto old_settings = settings(before);
  const auto value_in = [](const auto& list, const std::string& key) {
    const auto found = std::ranges::find(list, key, [](const auto& setting) { return setting.first; });
    return found == list.end() ? std::string("not there") : found->second;
  };
  const auto identity = settings(Writer(Part::kIdentity).write(now));
  for (const auto& [key, value] : settings(Writer(Part::kMatters).write(now))) {
    const std::string old = value_in(old_settings, key);
    const bool added_later = old == "not there" && value_in(identity, key) == "not there";
    if (old != value && !added_later) return fmt::format("{} was {} and is now {}", key, old, value);
  }
  const auto new_settings = settings(now.resolved_yaml);
  for (const auto& [key, value] : old_settings)
    if (value_in(new_settings, key) == "not there")
      return fmt::format("{} was {} and is no longer there", key, value);
  return unknown;
}

}  // namespace twopass::pipeline
