#include "report/run_folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <sstream>
#include <string_view>

#include "pipeline/document.hpp"
#include "pipeline/option_check.hpp"
#include "pipeline/read_file.hpp"
#include "pipeline/sections.hpp"
#include "twopass/error.hpp"

namespace twopass::report {
namespace {

using nlohmann::json;
using pipeline::YamlNode;
namespace fs = std::filesystem;

constexpr int kSchema = 1;

json to_json(const YamlNode& yaml) {
  if (yaml.kind == YamlNode::Kind::kMapping) {
    json object = json::object();
    for (const YamlNode& child : yaml.children) object[child.key] = to_json(child);
    return object;
  }
  if (yaml.kind == YamlNode::Kind::kList) {
    json array = json::array();
    for (const YamlNode& child : yaml.children) array.push_back(to_json(child));
    return array;
  }
  return yaml.text;
}

// Puts the text of config.yaml into the run and returns its values.
json read_config(const fs::path& file, Run& run) {
  try {
    const auto source = pipeline::read_source(file, "pipeline file");
    pipeline::Diagnostics diagnostics;
    const YamlNode yaml = pipeline::read_yaml(source, diagnostics);
    diagnostics.throw_if_any();
    run.config = source->text;
    return to_json(yaml);
  } catch (const pipeline::InvalidPipeline& e) {
    throw Error(e.what(), TWOPASS_CORRUPT);
  }
}

std::string scalar_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Adds every value below `value` under its path. Null counts as absent.
void flatten(const json& value, const std::string& path, std::map<std::string, std::string>& fields) {
  if (value.is_null()) return;
  if (value.is_primitive()) {
    fields[path] = scalar_text(value);
    return;
  }
  if (value.is_array()) {
    std::vector<std::string> texts;
    for (const json& item : value) texts.push_back(scalar_text(item));
    fields[path] = fmt::format("[{}]", fmt::join(texts, ", "));
  }
  for (const auto& [key, item] : value.items())
    flatten(item, path.empty() ? key : fmt::format("{}.{}", path, key), fields);
}

// What an earlier twopass wrote lacks the host's options that came after it, and was made with their
// defaults. Those of plugins are not known here.
void add_later_options(std::map<std::string, std::string>& fields) {
  const auto add = [&](std::string_view section, std::span<const Option> options) {
    for (const Option& option : options)
      if ((option.flags & TWOPASS_ADDED_LATER) != 0) {
        const pipeline::OptionValue value = pipeline::default_value(option);
        const bool is_text = value.type == TWOPASS_TEXT || value.type == TWOPASS_PATH;
        fields.try_emplace(fmt::format("config.{}.{}", section, option.name),
                           is_text ? value.text : pipeline::to_yaml(value));
      }
  };
  for (const auto& [section, kind] : pipeline::kPluginSections)
    if (fields.contains(fmt::format("config.{}.{}", section, pipeline::kPluginKey)))
      add(section, pipeline::common_options(kind));
  add("network", pipeline::kNetworkOptions);
  add("transfer", pipeline::kTransferOptions);
}

json read_json(const fs::path& file) {
  json value = json::parse(pipeline::read_file(file), nullptr, false);
  if (!value.is_object())
    throw Error(fmt::format("{}: is no complete JSON object; run this run again or remove its folder",
                            file.generic_string()),
                TWOPASS_CORRUPT);
  return value;
}

json read_result(const fs::path& file) {
  json result = read_json(file);
  if (result.value("schema", json(kSchema)) != kSchema)
    throw Error(fmt::format("{}: has schema {}, this program reads {}; use the version that wrote it",
                            file.generic_string(), result["schema"].dump(), kSchema),
                TWOPASS_UNSUPPORTED);
  return result;
}

bool is_run(const fs::path& folder) {
  return fs::exists(folder / "config.yaml") &&
         (fs::exists(folder / "status.json") || fs::exists(folder / "result.json"));
}

Run read_run(const fs::path& folder) {
  Run run;
  run.folder = folder.generic_string();
  flatten(read_config(folder / "config.yaml", run), "config", run.fields);
  add_later_options(run.fields);
  // The result is written last, so a run that has one is done whatever its status was left at.
  if (fs::exists(folder / "result.json")) {
    run.state = "done";
    run.result = read_result(folder / "result.json");
    flatten(run.result, "", run.fields);
    // Another file under the same path is another configuration, though its hash cannot say so.
    if (const auto digest = run.fields.find("initial_weights"); digest != run.fields.end())
      run.fields["config.trainer.initial_weights.sha256"] = digest->second;
  } else {
    const json status = read_json(folder / "status.json");
    run.state = scalar_text(status.value("state", json("not finished")));
    // What is killed cannot say so, and who holds the lock is not to be seen in a copy.
    if (run.state == "running") run.state = "running or killed";
    run.message = scalar_text(status.value("message", json("")));
    if (run.done()) run.state = "no result";
  }
  return run;
}

void collect(const fs::path& folder, std::set<fs::path>& visited, std::vector<Run>& runs) {
  if (!visited.insert(fs::canonical(folder)).second) return;
  if (is_run(folder)) {
    runs.push_back(read_run(folder));
    return;
  }
  std::set<fs::path> below;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.is_directory()) below.insert(entry.path());
  for (const fs::path& next : below) collect(next, visited, runs);
}

}  // namespace

const std::string* Run::find(std::string_view field) const {
  for (const char* prefix : {"", "config."})
    for (const char* suffix : {"", ".plugin"})
      if (const auto found = fields.find(fmt::format("{}{}{}", prefix, field, suffix)); found != fields.end())
        return &found->second;
  return nullptr;
}

std::string Run::text(std::string_view field) const {
  const std::string* found = find(field);
  return found == nullptr ? "?" : *found;
}

std::vector<Run> read_runs(const std::vector<fs::path>& results) {
  std::set<fs::path> visited;
  std::vector<Run> runs;
  for (const fs::path& folder : results) {
    if (!fs::is_directory(folder))
      throw NothingMatched(fmt::format("there is no results folder '{}'", folder.generic_string()));
    try {
      collect(folder, visited, runs);
    } catch (const fs::filesystem_error& error) {
      throw Error(error.what(), TWOPASS_CORRUPT);
    }
  }
  if (runs.empty()) throw NothingMatched("there is no run in the results; `twopass run` makes one");
  return runs;
}

std::vector<json> read_metrics(const fs::path& folder) {
  const fs::path file = folder / "metrics.jsonl";
  std::vector<json> lines;
  if (!fs::exists(file)) return lines;
  std::istringstream text(pipeline::read_file(file));
  int number = 0;
  for (std::string line; std::getline(text, line);) {
    json entry = json::parse(line, nullptr, false);
    ++number;
    if (entry.is_object())
      lines.push_back(std::move(entry));
    else if (!text.eof())
      throw Error(fmt::format("{}:{}: is no JSON object; remove this line", file.generic_string(), number),
                  TWOPASS_CORRUPT);
  }
  return lines;
}

}  // namespace twopass::report
