#include "pipeline/completion.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "host/options.hpp"
#include "pipeline/diagnostic.hpp"
#include "pipeline/document.hpp"
#include "pipeline/override.hpp"
#include "pipeline/plugin_options.hpp"
#include "pipeline/sections.hpp"
#include "pipeline/sweep_file.hpp"
#include "twopass/error.hpp"

namespace twopass::pipeline {
namespace {

// The file as far as it can be read: errors in it are told by whoever runs it.
YamlNode read(const std::filesystem::path& file) {
  const YamlNode nothing{.kind = YamlNode::Kind::kMapping};
  try {
    Diagnostics ignored;
    YamlNode root = read_yaml(read_source(file, "pipeline file"), ignored);
    return root.kind == YamlNode::Kind::kMapping ? root : nothing;
  } catch (const InvalidPipeline&) {
    return nothing;
  }
}

// The pipeline; of a sweep its base, and that with each value of its axes by turns.
std::vector<YamlNode> read_pipelines(const std::filesystem::path& file) {
  const YamlNode root = read(file);
  if (root.find("base") == nullptr) return {root};
  try {
    const SweepFile sweep = read_sweep_file(file);
    std::vector<YamlNode> pipelines{sweep.base};
    Diagnostics ignored;
    for (const SweepAxis& axis : sweep.axes)
      for (const SweepChoice& choice : axis.choices) {
        pipelines.push_back(sweep.base);
        for (const Setting& setting : choice.settings) apply_setting(pipelines.back(), setting, ignored);
      }
    return pipelines;
  } catch (const InvalidPipeline&) {
    return {root};
  }
}

// The plugin that a section names; empty when it names none.
std::string named_plugin(const YamlNode& root, std::string_view path) {
  const YamlNode* node = &root;
  for (size_t first = 0; node != nullptr && first < path.size();) {
    const size_t last = std::min(path.find('.', first), path.size());
    node = node->find(path.substr(first, last - first));
    first = last + 1;
  }
  if (node != nullptr && node->kind == YamlNode::Kind::kMapping) node = node->find(kPluginKey);
  return node != nullptr && node->kind == YamlNode::Kind::kScalar ? node->text : std::string();
}

// Every option that a section may have: the host's, and those of the plugin it names.
std::vector<const twopass_option*> options_of(const std::string& path, const YamlNode& root,
                                              host::Registry& registry) {
  if (path.empty()) return common_rows(kPipelineOptions);
  if (path == "network") return common_rows(kNetworkOptions);
  if (path == "transfer") return common_rows(kTransferOptions);
  const PluginSection* section = find_plugin_section(path);
  if (section == nullptr) return {};
  std::vector<const twopass_option*> options = common_rows(common_options(section->kind));
  std::string name = named_plugin(root, path);
  if (name.empty() && section->kind == TWOPASS_BACKEND) name = kDefaultBackend;
  try {
    if (!name.empty())
      std::ranges::copy(own_options(*registry.load(section->kind, name).table), std::back_inserter(options));
  } catch (const Error&) {
    // No such plugin, or one that cannot be used: the host's options are left.
  }
  return options;
}

std::vector<std::string> values_of(const std::string& key, const YamlNode& root, host::Registry& registry) {
  const size_t dot = key.rfind('.');
  const std::string path = dot == std::string::npos ? "" : key.substr(0, dot);
  const std::string name = dot == std::string::npos ? key : key.substr(dot + 1);
  const PluginSection* section = find_plugin_section(key);  // `trainer=ff` is short for `trainer.plugin=ff`
  if (section == nullptr && name == kPluginKey) section = find_plugin_section(path);
  if (section != nullptr) return registry.names(section->kind);
  for (const twopass_option* option : options_of(path, root, registry)) {
    if (name != option->name) continue;
    if (option->type == TWOPASS_BOOLEAN) return {"false", "true"};
    return host::choice_names(*option);
  }
  return {};
}

std::vector<std::string> keys_of(const std::string& path, const YamlNode& root, host::Registry& registry) {
  std::vector<std::string> keys;
  const std::string before = path.empty() ? "" : path + ".";
  if (find_plugin_section(path) != nullptr) keys.push_back(before + kPluginKey + "=");
  if (path == "transfer") keys.insert(keys.end(), {"transfer.dataset=", "transfer.dataset."});
  if (path.empty()) {
    for (const twopass_kind kind : host::kKinds) {
      const std::string section(host::kind_name(kind));
      keys.insert(keys.end(), {section + "=", section + "."});
    }
    keys.insert(keys.end(), {"network.", "transfer."});
  }
  for (const twopass_option* option : options_of(path, root, registry))
    keys.push_back(before + option->name + "=");
  return keys;
}

}  // namespace

std::vector<std::string> complete_override(const std::string& word, const std::filesystem::path& file,
                                           const std::vector<std::string>& overrides,
                                           host::Registry& registry) {
  std::set<std::string> words;
  Diagnostics ignored;
  for (YamlNode& root : read_pipelines(file)) {
    apply_overrides(root, overrides, ignored);
    if (const size_t equals = word.find('='); equals != std::string::npos) {
      for (const std::string& value : values_of(word.substr(0, equals), root, registry))
        words.insert(word.substr(0, equals + 1) + value);
    } else {
      const size_t dot = word.rfind('.');
      std::ranges::copy(keys_of(dot == std::string::npos ? "" : word.substr(0, dot), root, registry),
                        std::inserter(words, words.end()));
    }
  }
  std::erase_if(words, [&](const std::string& candidate) { return !candidate.starts_with(word); });
  return {words.begin(), words.end()};
}

}  // namespace twopass::pipeline
