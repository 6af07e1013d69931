#include "pipeline/override.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "pipeline/option_check.hpp"
#include "pipeline/section_check.hpp"
#include "pipeline/sections.hpp"

namespace twopass::pipeline {
namespace {

bool is_word(std::string_view text) {
  const auto in_word = [](char byte) {
    return byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           (byte >= 'A' && byte <= 'Z');
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), in_word);
}

std::optional<Setting> read_override(const std::shared_ptr<const Source>& source, Diagnostics& diagnostics) {
  const std::string& text = source->text;
  const size_t equals = text.find('=');
  Setting result;
  if (equals != std::string::npos) result.keys = split_key(text.substr(0, equals), {source, 0, equals});
  if (result.keys.empty()) {
    diagnostics.error({source, 0, std::max<size_t>(1, std::min(equals, text.size()))},
                      "expected KEY=VALUE, such as trainer.epochs=10",
                      equals == std::string::npos || equals == 0
                          ? ""
                          : "a key is words of letters, digits and '_', joined by '.'");
    return std::nullopt;
  }
  const size_t errors_before = diagnostics.size();
  result.value = read_yaml(source, diagnostics, equals + 1);
  if (diagnostics.size() > errors_before) return std::nullopt;
  if (result.value.kind == YamlNode::Kind::kNothing) result.value.position = {source, 0, equals};
  return result;
}

YamlNode& find_or_add(YamlNode& mapping, const Setting::Key& key) {
  if (YamlNode* child = mapping.find(key.name)) return *child;
  return mapping.children.emplace_back(
      YamlNode{.position = key.position, .key = key.name, .key_position = key.position});
}

// Makes sure that a section is a mapping, so that a key can be set in it. False when it is something else.
bool open_section(YamlNode& section, const std::string& path) {
  if (section.kind == YamlNode::Kind::kMapping) return true;
  const bool short_form = section.kind == YamlNode::Kind::kScalar && find_plugin_section(path) != nullptr;
  if (section.kind != YamlNode::Kind::kNothing && !short_form) return false;
  if (short_form) {
    YamlNode plugin = section;
    plugin.key = kPluginKey;
    section.children = {std::move(plugin)};
  }
  section.kind = YamlNode::Kind::kMapping;
  return true;
}

}  // namespace

std::vector<Setting::Key> split_key(const std::string& path, const Position& position) {
  std::vector<Setting::Key> keys;
  for (size_t first = 0; first <= path.size();) {
    const size_t last = std::min(path.find('.', first), path.size());
    const std::string word = path.substr(first, last - first);
    if (!is_word(word)) return {};
    keys.push_back({word, {position.source, position.offset + first, word.size()}});
    first = last + 1;
  }
  return keys;
}

void apply_setting(YamlNode& root, Setting setting, Diagnostics& diagnostics) {
  YamlNode* section = &root;
  std::string path;
  for (const Setting::Key& key : setting.keys) {
    if (!open_section(*section, path)) {
      diagnostics.error(key.position, path + ": cannot set '" + key.name + "' in " + got_text(*section));
      return;
    }
    path = join(path, key.name);
    section = &find_or_add(*section, key);
  }
  setting.value.key = setting.keys.back().name;
  setting.value.key_position = setting.keys.back().position;
  *section = std::move(setting.value);
}

void remove_key(YamlNode& root, const std::vector<Setting::Key>& keys) {
  YamlNode* section = &root;
  for (size_t word = 0; word + 1 < keys.size() && section != nullptr; ++word)
    section = section->find(keys[word].name);
  if (section != nullptr)
    std::erase_if(section->children, [&](const YamlNode& child) { return child.key == keys.back().name; });
}

void apply_overrides(YamlNode& root, const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
  int number = 0;
  for (const std::string& text : overrides) {
    ++number;
    const Source source{"override " + std::to_string(number), text, number, {}};
    auto setting = read_override(std::make_shared<const Source>(source), diagnostics);
    if (setting) apply_setting(root, std::move(*setting), diagnostics);
  }
}

}  // namespace twopass::pipeline
