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

bool is_written(Part part, twopass_kind kind, const OptionValue& value) {
  if (value.name == kRoots) return false;
  if (part == Part::kAll) return true;
  if (kind == TWOPASS_DATASET && value.name == "root") return false;
  if (kind == TWOPASS_BACKEND && (value.name == "threads" || value.name == "device")) return false;
  return part == Part::kMatters || value.in_hash;
}

class Writer {
 public:
  explicit Writer(Part part) : part_(part) {}

  std::string write(const Pipeline& pipeline) {
    if (part_ == Part::kAll) line("", "name", to_yaml({.name = "name", .text = pipeline.name}));
    line("", "seed", std::to_string(pipeline.seed));
    section("", "dataset", TWOPASS_DATASET, pipeline.dataset);
    section("", "pretext", TWOPASS_PRETEXT, pipeline.pretext);
    header("network");
    options("  ", {}, pipeline.network);
    section("", "trainer", TWOPASS_TRAINER, pipeline.trainer);
    section("", "backend", TWOPASS_BACKEND, pipeline.backend);
    header("transfer");
    if (pipeline.transfer_dataset) section("  ", "dataset", TWOPASS_DATASET, *pipeline.transfer_dataset);
    options("  ", {}, pipeline.transfer);
    return std::move(yaml_);
  }

 private:
  void header(const std::string& name) { yaml_ += name + ":\n"; }
  void line(const std::string& indent, const std::string& key, const std::string& value) {
    yaml_ += indent + key + ": " + value + "\n";
  }
  void section(const std::string& indent, const std::string& name, twopass_kind kind,
               const Section& section) {
    header(indent + name);
    line(indent + "  ", kPluginKey, to_yaml({.name = kPluginKey, .text = section.plugin}));
    options(indent + "  ", kind, section.values);
  }
  void options(const std::string& indent, twopass_kind kind, const OptionValues& values) {
    for (const OptionValue& value : values.list())
      if (is_written(part_, kind, value)) line(indent, value.name, to_yaml(value));
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
