#include "pipeline/sweep_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>

#include "pipeline/numbers.hpp"
#include "pipeline/option_check.hpp"
#include "pipeline/section_check.hpp"
#include "pipeline/sections.hpp"

namespace twopass::pipeline {
namespace {

using Kind = YamlNode::Kind;

const std::vector<std::string> kKeys{"name", "base", "grid", "zip", "seeds", "exclude"};
constexpr const char* kExample = "the least: {name: first, base: pipeline.yaml, grid: {trainer: [ff, bp]}}";

// A label becomes part of a folder's name. The sign of 1e+1 must not become that of 1e-1.
std::string to_label(std::string text) {
  std::erase(text, '+');
  const auto is_plain = [](char byte) {
    return byte == '.' || byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
  };
  std::replace_if(
      text.begin(), text.end(), [&](char byte) { return !is_plain(byte); }, '-');
  return text;
}

// What a value is called that needs no label of its own; nothing for a mapping or a list of more than
// scalars.
std::optional<std::string> plain_label(const YamlNode& value) {
  const auto is_scalar = [](const YamlNode& node) { return node.kind == Kind::kScalar; };
  if (value.kind == Kind::kMapping || !std::ranges::all_of(value.children, is_scalar)) return std::nullopt;
  std::vector<std::string> texts;
  if (is_scalar(value)) texts.push_back(to_label(value.text));
  for (const YamlNode& item : value.children) texts.push_back(to_label(item.text));
  const std::string label = fmt::format("{}", fmt::join(texts, "x"));
  return label.empty() ? "empty" : label;
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : source_(read_source(file, "sweep file")) {}

  SweepFile read() {
    const YamlNode root = read_mapping(source_, "a sweep", kExample, diagnostics_);
    if (root.kind != Kind::kMapping) diagnostics_.throw_if_any();
    if (const YamlNode* trainer = root.find("trainer"); trainer != nullptr && root.find("base") == nullptr) {
      diagnostics_.error(trainer->key_position,
                         "this is a pipeline and no sweep; `twopass run` takes such files, and a sweep names "
                         "one as its 'base'");
      diagnostics_.throw_if_any();
    }
    for (const YamlNode& entry : root.children) require_known(entry, "", kKeys);
    read_name(root);
    read_base(root);
    if (const YamlNode* grid = root.find("grid")) read_grid(*grid);
    if (const YamlNode* zip = root.find("zip")) read_zip(*zip);
    if (const YamlNode* seeds = root.find("seeds")) read_seeds(*seeds);
    if (const YamlNode* exclude = root.find("exclude")) read_exclusions(*exclude);
    if (root.find("grid") == nullptr && root.find("zip") == nullptr && root.find("seeds") == nullptr)
      diagnostics_.error(nowhere(), "there is nothing to vary: give 'grid', 'zip' or 'seeds'", kExample);
    diagnostics_.throw_if_any();
    return std::move(sweep_);
  }

 private:
  Position nowhere() const { return {source_, 0, 0}; }

  void require_known(const YamlNode& entry, const std::string& path, const std::vector<std::string>& known) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end())
      report_unknown_key(entry, path, known, "", diagnostics_);
  }

  void read_name(const YamlNode& root) {
    const YamlNode* name = root.find("name");
    if (name == nullptr) return diagnostics_.error(nowhere(), "name: required, but missing", kExample);
    sweep_.set_name(*name, diagnostics_);
  }

  void read_base(const YamlNode& root) {
    const YamlNode* base = root.find("base");
    if (base == nullptr)
      return diagnostics_.error(nowhere(), "base: required, but missing", "a pipeline file, or a pipeline");
    if (base->kind == Kind::kMapping) {
      sweep_.base = *base;
      return;
    }
    if (base->kind != Kind::kScalar)
      return diagnostics_.error(base->position,
                                "base: expected a pipeline file or a pipeline, got " + got_text(*base));
    const std::filesystem::path file = source_->folder / base->text;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored))
      return diagnostics_.error(base->position, "base: there is no pipeline file " + file.string(),
                                "a relative path starts at the sweep file's folder");
    sweep_.base = read_mapping(read_source(file, "pipeline file"), "a pipeline", "", diagnostics_);
  }

  // The entries of `grid` or `zip`: a non-empty list each, under keys that only one of them has.
  std::vector<const YamlNode*> read_lists(const YamlNode& section) {
    const std::string& path = section.key;
    std::vector<const YamlNode*> lists;
    if (section.kind != Kind::kMapping || section.children.empty()) {
      diagnostics_.error(section.kind == Kind::kMapping ? section.key_position : section.position,
                         path + ": expected a mapping with at least one key, got " +
                             (section.kind == Kind::kMapping ? "an empty one" : got_text(section)),
                         "such as {trainer: [ff, bp]}");
      return lists;
    }
    for (const YamlNode& entry : section.children) {
      if (entry.kind != Kind::kList || entry.children.empty())
        diagnostics_.error(entry.position,
                           fmt::format("{}.{}: expected a list with at least one value, got {}", path,
                                       entry.key, entry.kind == Kind::kList ? "[]" : got_text(entry)));
      else if (is_free(entry, path))
        lists.push_back(&entry);
    }
    return lists;
  }

  bool is_free(const YamlNode& entry, const std::string& path) {
    if (entry.key == "name" || entry.key == "seed")
      diagnostics_.error(entry.key_position, fmt::format("{}: '{}' cannot be varied here", path, entry.key),
                         entry.key == "seed" ? "list them under 'seeds'" : "runs are named by their labels");
    else if (split_key(entry.key, entry.key_position).empty())
      diagnostics_.error(
          entry.key_position,
          fmt::format("{}: expected a key such as trainer.learning_rate, got '{}'", path, entry.key));
    else if (!keys_.insert(entry.key).second)
      diagnostics_.error(entry.key_position, fmt::format("{}: 'grid' varies '{}' already", path, entry.key));
    else
      return true;
    return false;
  }

  void read_grid(const YamlNode& grid) {
    for (const YamlNode* list : read_lists(grid)) {
      SweepAxis axis{{list->key}, {}};
      for (const YamlNode& value : list->children) axis.choices.push_back(choice(*list, value));
      sweep_.axes.push_back(std::move(axis));
      require_distinct(sweep_.axes.back(), *list);
    }
  }

  // Values that are called the same would be two runs of one name.
  void require_distinct(const SweepAxis& axis, const YamlNode& list) {
    std::set<std::string> seen;
    for (size_t index = 0; index < axis.choices.size(); ++index) {
      const std::string& label = axis.choices[index].labels.front();
      if (!label.empty() && !seen.insert(label).second)
        diagnostics_.error(list.children[index].position,
                           fmt::format("grid.{}: two values are called '{}'", list.key, label),
                           "a mapping can have a 'label' of its own");
    }
  }

  void read_zip(const YamlNode& zip) {
    const std::vector<const YamlNode*> lists = read_lists(zip);
    if (lists.empty()) return;
    SweepAxis axis;
    for (const YamlNode* list : lists) {
      if (list->children.size() != lists.front()->children.size())
        return diagnostics_.error(
            list->position,
            fmt::format("zip.{}: {} values, but zip.{} has {}; lists that go together are equally long",
                        list->key, list->children.size(), lists.front()->key,
                        lists.front()->children.size()));
      axis.keys.push_back(list->key);
      axis.choices.resize(list->children.size());
      for (size_t index = 0; index < list->children.size(); ++index) {
        SweepChoice single = choice(*list, list->children[index]);
        axis.choices[index].settings.push_back(std::move(single.settings.front()));
        axis.choices[index].labels.push_back(std::move(single.labels.front()));
      }
    }
    sweep_.axes.push_back(std::move(axis));
  }

  SweepChoice choice(const YamlNode& list, const YamlNode& value) {
    SweepChoice result{{{split_key(list.key, list.key_position), value}}, {label_of(list, value)}};
    if (value.kind == Kind::kMapping)
      std::erase_if(result.settings.front().value.children,
                    [](const YamlNode& child) { return child.key == "label"; });
    return result;
  }

  // Empty, and reported, when the value has none.
  std::string label_of(const YamlNode& list, const YamlNode& value) {
    if (const std::optional<std::string> label = plain_label(value)) return *label;
    if (const YamlNode* label = value.find("label")) {
      if (label->kind == Kind::kScalar && std::regex_match(label->text, std::regex("[A-Za-z0-9._-]{1,100}")))
        return label->text;
      diagnostics_.error(label->position, "label: expected up to 100 letters, digits, '.', '_' and '-'",
                         "it becomes a part of the run's name");
      return "";
    }
    const YamlNode* plugin = value.find(kPluginKey);
    if (plugin != nullptr && plugin->kind == Kind::kScalar) return to_label(plugin->text);
    const bool is_mapping = value.kind == Kind::kMapping;
    diagnostics_.error(value.position,
                       is_mapping ? list.key + ": a mapping without a plugin needs a 'label'"
                                  : fmt::format("{}: expected a value, got {}", list.key, got_text(value)));
    return "";
  }

  void read_seeds(const YamlNode& seeds) {
    if (seeds.kind != Kind::kList || seeds.children.empty())
      return diagnostics_.error(seeds.position, "seeds: expected a list of integers such as [0, 1, 2]");
    for (const YamlNode& entry : seeds.children) {
      const auto seed =
          entry.kind == Kind::kScalar && !entry.quoted ? parse_integer(entry.text) : std::optional<int64_t>{};
      if (!seed || *seed < 0)
        diagnostics_.error(entry.position,
                           "seeds: expected an integer of at least 0, got " + got_text(entry));
      else if (std::find(sweep_.seeds.begin(), sweep_.seeds.end(), static_cast<uint64_t>(*seed)) !=
               sweep_.seeds.end())
        diagnostics_.error(entry.position, fmt::format("seeds: {} is given twice", *seed));
      else
        sweep_.seeds.push_back(static_cast<uint64_t>(*seed));
    }
  }

  void read_exclusions(const YamlNode& exclude) {
    if (exclude.kind != Kind::kList)
      return diagnostics_.error(exclude.position, "exclude: expected a list, got " + got_text(exclude),
                                "such as [{pretext: flip, trainer: bp, reason: seen before}]");
    for (const YamlNode& entry : exclude.children) read_exclusion(entry);
  }

  void read_exclusion(const YamlNode& entry) {
    SweepExclusion exclusion{{}, "", entry.position};
    std::vector<std::string> known(keys_.begin(), keys_.end());
    known.emplace_back("reason");
    for (const YamlNode& child : entry.children) {
      if (entry.kind == Kind::kMapping) require_known(child, "exclude", known);
      const std::optional<std::string> label = plain_label(child);
      const bool is_reason = child.key == "reason";
      if (!label || (is_reason && child.kind != Kind::kScalar))
        diagnostics_.error(child.position, "exclude: expected a value's label, got " + got_text(child));
      else if (is_reason)
        exclusion.reason = child.text;
      else
        exclusion.labels[child.key] = *label;
    }
    const auto is_key = [](const YamlNode& child) { return child.key != "reason"; };
    if (!std::ranges::any_of(entry.children, is_key))
      diagnostics_.error(entry.position,
                         "exclude: expected a mapping with at least one key of 'grid' or 'zip'");
    sweep_.exclusions.push_back(std::move(exclusion));
  }

  std::shared_ptr<const Source> source_;
  Diagnostics diagnostics_;
  SweepFile sweep_;
  std::set<std::string> keys_;  // that grid and zip vary
};

}  // namespace

void SweepFile::set_name(const YamlNode& wanted, Diagnostics& diagnostics) {
  name = wanted.text;
  name_position = wanted.position;
  if (wanted.kind != Kind::kScalar || !std::regex_match(name, std::regex(kNamePattern)))
    diagnostics.error(name_position, std::string("name: expected ") + kNameText,
                      "it names the sweep's folder");
}

SweepFile read_sweep_file(const std::filesystem::path& file) { return Reader(file).read(); }

}  // namespace twopass::pipeline
