#include "host/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "host/options.hpp"

namespace twopass::host {
namespace {

using Json = nlohmann::ordered_json;

// The loadable plugins, by kind and name.
std::vector<const PluginFile*> loadable(const Registry& registry) {
  std::vector<const PluginFile*> files;
  for (const PluginFile& file : registry.files())
    if (file.refusal.empty() && !file.shadowed_by) files.push_back(&file);
  std::ranges::sort(files, {}, [](const PluginFile* file) {
    return std::pair(file->note->kind, std::string_view(file->note->name));
  });
  return files;
}

std::string abi_version(const twopass_note& note) {
  return fmt::format("{}.{}", note.abi_major, note.abi_minor);
}

std::string option_text(const twopass_option& option) {
  std::string text = fmt::format("  {}  {}", option.name, expected_text(option));
  if (option.unit != nullptr) text += fmt::format(", in {}", option.unit);
  text +=
      option.default_text == nullptr ? "; required\n" : fmt::format("; default {}\n", option.default_text);
  text += fmt::format("      {}\n", option.doc);
  for (const twopass_choice& choice : std::span(option.choices, option.choice_count))
    text += fmt::format("      {}: {}\n", choice.name, choice.doc);
  return text;
}

Json file_json(const PluginFile& file) {
  const twopass_note& note = *file.note;
  return {{"kind", kind_name(note.kind)},    {"name", note.name},          {"version", note.version},
          {"summary", note.summary},         {"file", file.path.string()}, {"abi", abi_version(note)},
          {"sdk_version", note.sdk_version}, {"toolchain", note.toolchain}};
}

void add_range(const twopass_option& option, Json& json) {
  if (!is_numeric(option)) return;
  const bool above = (option.flags & TWOPASS_MINIMUM_EXCLUSIVE) != 0;
  const bool below = (option.flags & TWOPASS_MAXIMUM_EXCLUSIVE) != 0;
  if (std::isfinite(option.minimum)) json[above ? "exclusive_minimum" : "minimum"] = option.minimum;
  if (std::isfinite(option.maximum)) json[below ? "exclusive_maximum" : "maximum"] = option.maximum;
}

Json option_json(const twopass_option& option) {
  Json json = {
      {"name", option.name}, {"type", type_name(option)}, {"required", option.default_text == nullptr}};
  if (option.default_text != nullptr) json["default"] = option.default_text;
  add_range(option, json);
  if (option.unit != nullptr) json["unit"] = option.unit;
  for (const twopass_choice& choice : std::span(option.choices, option.choice_count))
    json["choices"].push_back({{"name", choice.name}, {"doc", choice.doc}});
  json["doc"] = option.doc;
  return json;
}

Json options_json(const std::vector<const twopass_option*>& options) {
  Json json = Json::array();
  for (const twopass_option* option : options) json.push_back(option_json(*option));
  return json;
}

}  // namespace

std::string describe_plugins(const Registry& registry) {
  const std::vector<const PluginFile*> files = loadable(registry);
  size_t name_width = 0;
  for (const PluginFile* file : files)
    name_width = std::max(name_width, std::string_view(file->note->name).size());
  std::string text;
  for (const twopass_kind kind : kKinds) {
    const bool none =
        std::ranges::none_of(files, [&](const PluginFile* file) { return file->note->kind == kind; });
    text += fmt::format("{}{}\n", kind_name(kind), none ? ": none" : "");
    for (const PluginFile* file : files)
      if (file->note->kind == kind)
        text += fmt::format("  {:<{}}  {}  {}\n  {:<{}}  {}\n", file->note->name, name_width,
                            file->note->version, file->note->summary, "", name_width, file->path.string());
  }
  for (const PluginFile& file : registry.files()) {
    if (!file.refusal.empty()) text += fmt::format("refused {}\n  {}\n", file.path.string(), file.refusal);
    if (file.shadowed_by)
      text += fmt::format("shadowed {}\n  by {}\n", file.path.string(), file.shadowed_by->string());
  }
  text += "searched, in this order\n";
  for (const std::filesystem::path& folder : registry.folders())
    text += fmt::format("  {}\n", folder.string());
  return text;
}

Json describe_plugins_json(const Registry& registry) {
  Json json = {{"plugins", Json::array()},
               {"refused", Json::array()},
               {"shadowed", Json::array()},
               {"search_path", Json::array()}};
  for (const PluginFile* file : loadable(registry)) json["plugins"].push_back(file_json(*file));
  for (const PluginFile& file : registry.files()) {
    const std::string path = file.path.string();
    if (!file.refusal.empty()) json["refused"].push_back({{"file", path}, {"reason", file.refusal}});
    if (file.shadowed_by) json["shadowed"].push_back({{"file", path}, {"by", file.shadowed_by->string()}});
  }
  for (const std::filesystem::path& folder : registry.folders())
    json["search_path"].push_back(folder.string());
  return json;
}

std::string describe_plugin(const Plugin& plugin, const std::vector<const twopass_option*>& common) {
  const twopass_note& note = *plugin.file.note;
  std::string text =
      fmt::format("{} {} {}\n  {}\n", kind_name(note.kind), note.name, note.version, note.summary);
  text += fmt::format("  file {}\n", plugin.file.path.string());
  text +=
      fmt::format("  built with SDK {}, ABI {}, {}\n", note.sdk_version, abi_version(note), note.toolchain);
  text += plugin.table->option_count == 0 ? "no options of its own\n" : "options\n";
  for (const twopass_option* option : option_rows(*plugin.table)) text += option_text(*option);
  if (!common.empty()) text += fmt::format("options of every {}\n", kind_name(note.kind));
  for (const twopass_option* option : common) text += option_text(*option);
  return text;
}

Json describe_plugin_json(const Plugin& plugin, const std::vector<const twopass_option*>& common) {
  Json json = file_json(plugin.file);
  json["options"] = options_json(option_rows(*plugin.table));
  json["common_options"] = options_json(common);
  return json;
}

}  // namespace twopass::host
