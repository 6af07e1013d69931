#include "pipeline/pipeline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>
#include <utility>

#include "pipeline/data_roots.hpp"
#include "pipeline/document.hpp"
#include "pipeline/option_check.hpp"
#include "pipeline/override.hpp"
#include "pipeline/plugin_options.hpp"
#include "pipeline/resolved.hpp"
#include "pipeline/sections.hpp"
#include "twopass/error.hpp"
#include "twopass/network.hpp"

namespace twopass::pipeline {
namespace fs = std::filesystem;
namespace {

// What a mapping of options is when the pipeline does not have it.
YamlNode empty_mapping(const Position& position) {
  return {.kind = YamlNode::Kind::kMapping, .position = position};
}

// What has to follow `twopass inspect` so that it finds this plugin too.
std::string plugin_path_of(const host::Plugin& plugin) {
  const fs::path folder = plugin.file.path.parent_path();
  const std::vector<fs::path> searched_anyway = host::search_path({});
  if (std::ranges::find(searched_anyway, folder) != searched_anyway.end()) return "";
  return fmt::format(" --plugin-path {}", folder.string());
}

class Loader {
 public:
  Loader(std::shared_ptr<const Source> source, host::Registry& registry)
      : source_(std::move(source)), registry_(registry) {}

  Pipeline load(const std::vector<std::string>& overrides) {
    YamlNode root = read_mapping(source_, "a pipeline", kExample, diagnostics_);
    if (root.kind != YamlNode::Kind::kMapping) diagnostics_.throw_if_any();
    if (const YamlNode* base = root.find("base"); base != nullptr && root.find("trainer") == nullptr) {
      diagnostics_.error(base->key_position,
                         "this is a sweep and no pipeline; `twopass sweep run` takes such files");
      diagnostics_.throw_if_any();
    }
    apply_overrides(root, overrides, diagnostics_);
    return load(root);
  }

  Pipeline load(const YamlNode& root) {
    Pipeline pipeline;
    read_top_level(root, pipeline);
    pipeline.dataset = read_plugin(root, "dataset", TWOPASS_DATASET);
    pipeline.pretext = read_plugin(root, "pretext", TWOPASS_PRETEXT);
    pipeline.network = read_options(root, {.path = "network", .options = common_rows(kNetworkOptions)});
    pipeline.trainer = read_plugin(root, "trainer", TWOPASS_TRAINER);
    pipeline.backend = read_plugin(root, "backend", TWOPASS_BACKEND);
    pipeline.transfer = read_options(
        root, {.path = "transfer", .options = common_rows(kTransferOptions), .other_keys = {"dataset"}});
    read_transfer_dataset(root, pipeline);
    diagnostics_.throw_if_any();

    pipeline.resolved_yaml = resolve(pipeline);
    pipeline.hash = identity_hash(pipeline);
    pipeline.positions = std::move(positions_);
    pipeline.source = source_;
    return pipeline;
  }

  // A text that holds one section and no more.
  Section load_alone(twopass_kind kind, const std::vector<std::string>& settings) {
    const std::string path(host::kind_name(kind));
    YamlNode root = read_yaml(source_, diagnostics_);
    std::vector<std::string> overrides;
    for (const std::string& setting : settings) overrides.push_back(join(path, setting));
    apply_overrides(root, overrides, diagnostics_);
    Section section = read_plugin(root, path, kind);
    diagnostics_.throw_if_any();
    return section;
  }

 private:
  static constexpr const char* kExample =
      "the least: {name: first, dataset: mnist, pretext: rotation, trainer: ff}";

  Position nowhere() const { return {source_, 0, 0}; }

  void read_top_level(const YamlNode& root, Pipeline& pipeline) {
    const SectionTable table{
        .options = common_rows(kPipelineOptions),
        .other_keys = {"dataset", "pretext", "network", "trainer", "backend", "transfer"}};
    const OptionValues values = check_section(root, table, diagnostics_, positions_);
    for (const OptionValue& value : values.list()) {
      if (value.name == "name") pipeline.name = checked_name(value.text);
      if (value.name == "seed") pipeline.seed = static_cast<uint64_t>(value.integer);
    }
  }

  std::string checked_name(const std::string& name) {
    if (!std::regex_match(name, std::regex(kNamePattern)))
      diagnostics_.error(positions_["name"], std::string("name: expected ") + kNameText,
                         "it names the run's folder");
    return name;
  }

  // A section without a plugin: `network`, `transfer`.
  OptionValues read_options(const YamlNode& root, const SectionTable& table) {
    const YamlNode* entry = root.find(table.path);
    YamlNode section = empty_mapping(nowhere());
    if (entry != nullptr) {
      positions_[table.path] = entry->key_position;
      if (entry->kind == YamlNode::Kind::kMapping)
        section = *entry;
      else if (entry->kind != YamlNode::Kind::kNothing)
        diagnostics_.error(entry->position, table.path + ": expected a mapping, got " + got_text(*entry));
    }
    return check_section(section, table, diagnostics_, positions_);
  }

  void read_transfer_dataset(const YamlNode& root, Pipeline& pipeline) {
    const YamlNode* transfer = root.find("transfer");
    const YamlNode* dataset = transfer == nullptr ? nullptr : transfer->find("dataset");
    if (dataset == nullptr || dataset->kind == YamlNode::Kind::kNothing) return;
    pipeline.transfer_dataset = read_plugin(*transfer, "transfer.dataset", TWOPASS_DATASET);
  }

  // `parent` holds the section under the last word of its path.
  Section read_plugin(const YamlNode& parent, const std::string& path, twopass_kind kind) {
    const YamlNode* entry = parent.find(path.substr(path.rfind('.') + 1));
    if (entry != nullptr) positions_[path] = entry->key_position;
    const YamlNode name = plugin_name(entry, path, kind);
    const bool is_mapping = entry != nullptr && entry->kind == YamlNode::Kind::kMapping;
    const YamlNode section = is_mapping ? *entry : empty_mapping(name.position);
    Section result{name.text, check_section(section, table(path, kind, name), diagnostics_, positions_)};
    if (kind == TWOPASS_DATASET) add_roots(result, path);
    return result;
  }

  // The word that names the section's plugin; nothing, and reported, when there is none.
  YamlNode plugin_name(const YamlNode* section, const std::string& path, twopass_kind kind) {
    const YamlNode* plugin = section == nullptr ? nullptr : section->find(kPluginKey);
    YamlNode name = plugin != nullptr ? *plugin : section != nullptr ? *section : YamlNode{};
    if (name.kind == YamlNode::Kind::kScalar) return name;

    const bool only_options = plugin == nullptr && name.kind == YamlNode::Kind::kMapping;
    const bool nothing_said = plugin == nullptr && name.kind == YamlNode::Kind::kNothing;
    if (kind == TWOPASS_BACKEND && (nothing_said || only_options))
      return {.kind = YamlNode::Kind::kScalar,
              .text = kDefaultBackend,
              .position = section == nullptr ? nowhere() : section->key_position};

    if (section == nullptr)
      diagnostics_.error(nowhere(), "the section '" + path + "' is missing", plugins_note(kind));
    else if (only_options)
      diagnostics_.error(section->key_position, path + ": the key 'plugin' is missing", plugins_note(kind));
    else
      diagnostics_.error(name.position,
                         fmt::format("{}: expected the name of a {} plugin, got {}",
                                     plugin == nullptr ? path : join(path, kPluginKey), host::kind_name(kind),
                                     got_text(name)),
                         plugins_note(kind));
    return {.position = nowhere()};
  }

  SectionTable table(const std::string& path, twopass_kind kind, const YamlNode& name) {
    SectionTable result{.path = path,
                        .options = common_rows(common_options(kind)),
                        .other_keys = {kPluginKey},
                        .plugin_is_missing = true};
    if (name.kind != YamlNode::Kind::kScalar) return result;
    positions_[join(path, kPluginKey)] = name.position;
    try {
      const host::Plugin& plugin = registry_.load(kind, name.text);
      result.own = own_options(*plugin.table);
      result.inspect = fmt::format("{}/{}{}", host::kind_name(kind), name.text, plugin_path_of(plugin));
      result.plugin_is_missing = false;
    } catch (const Error& error) {
      diagnostics_.error(name.position, path + ": " + error.what());
    }
    return result;
  }

  std::string plugins_note(twopass_kind kind) const {
    const std::vector<std::string> names = registry_.names(kind);
    return fmt::format("{} plugins: {}", host::kind_name(kind),
                       names.empty() ? "none was found" : fmt::format("{}", fmt::join(names, ", ")));
  }

  void add_roots(Section& dataset, const std::string& path) {
    std::vector<OptionValue> values = dataset.values.list();
    const auto root = std::find_if(values.begin(), values.end(),
                                   [](const OptionValue& value) { return value.name == "root"; });
    if (root == values.end()) return;
    std::error_code ignored;
    if (!root->text.empty() && !fs::is_directory(root->text, ignored))
      diagnostics_.error(positions_[join(path, "root")],
                         join(path, "root") + ": there is no folder " + root->text);
    values.push_back({.name = kRoots, .type = TWOPASS_TEXT_LIST, .texts = data_roots(root->text)});
    dataset.values = OptionValues(std::move(values));
  }

  std::shared_ptr<const Source> source_;
  host::Registry& registry_;
  Diagnostics diagnostics_;
  Positions positions_;
};

}  // namespace

Pipeline load(const fs::path& file, const std::vector<std::string>& overrides, host::Registry& registry) {
  return Loader(read_source(file, "pipeline file"), registry).load(overrides);
}

Pipeline parse(const std::string& text, const std::string& origin, const std::vector<std::string>& overrides,
               host::Registry& registry) {
  return Loader(make_source(text, origin), registry).load(overrides);
}

Pipeline from_document(const YamlNode& root, host::Registry& registry) {
  return Loader(root.position.source, registry).load(root);
}

Section plugin_section(twopass_kind kind, const std::string& plugin, const std::vector<std::string>& settings,
                       host::Registry& registry) {
  Source source{.name = "default options", .text = std::string(host::kind_name(kind)) + ": " + plugin};
  return Loader(std::make_shared<const Source>(std::move(source)), registry).load_alone(kind, settings);
}

OptionValues default_network() {
  std::vector<OptionValue> values;
  for (const Option& option : Network::kOptions) values.push_back(default_value(option));
  return OptionValues(std::move(values));
}

Diagnostic Pipeline::locate(const std::string& section, const std::string& option,
                            const std::string& message) const {
  const std::string path = option.empty() ? section : join(section, option);
  auto found = positions.find(path);
  if (found == positions.end()) found = positions.find(section);
  const Position position = found == positions.end() ? Position{source, 0, 0} : found->second;
  return diagnose(position, fmt::format("{}: {}", path, message));
}

}  // namespace twopass::pipeline
