#include "pipeline/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>

#include "pipeline/sections.hpp"
#include "pipeline/sweep_file.hpp"

namespace twopass::pipeline {
namespace {

constexpr size_t kMaximumRuns = 10'000;

// `hidden-500x500`, but `ff`: the value of an option alone would not say what it is.
std::string name_part(const std::string& key, const std::string& label) {
  const std::string word = key.substr(key.rfind('.') + 1);
  return key.find('.') == std::string::npos || word == kPluginKey || word == "dataset" ? label
                                                                                       : word + "-" + label;
}

// Takes over what is the sweep's and not each run's. `others` has what is wrong with each run's.
void override_sweep(SweepFile& sweep, const std::vector<std::string>& overrides, Diagnostics& diagnostics,
                    Diagnostics& others) {
  YamlNode given{.kind = YamlNode::Kind::kMapping};
  apply_overrides(given, overrides, others);
  if (const YamlNode* name = given.find("name")) sweep.set_name(*name, diagnostics);
  if (const YamlNode* seed = given.find("seed"); seed != nullptr && !sweep.seeds.empty())
    diagnostics.error(seed->position, "seed: the sweep file's `seeds` decide; change them there");
}

struct Cell {
  SweepCell named;
  std::vector<Setting> settings;
};

class Expander {
 public:
  Expander(SweepFile file, const std::vector<std::string>& overrides, host::Registry& registry)
      : file_(std::move(file)), overrides_(overrides), registry_(registry) {}

  Sweep expand() {
    Diagnostics with_the_runs;
    override_sweep(file_, overrides_, diagnostics_, with_the_runs);
    diagnostics_.throw_if_any();
    std::vector<Cell> cells = combine();
    Sweep sweep{.name = file_.name, .cells = {}, .excluded = {}};
    std::vector<bool> matched(file_.exclusions.size());
    std::set<std::string> names;
    RunErrors errors;
    for (Cell& cell : cells) {
      if (is_excluded(cell.named, matched)) {
        sweep.excluded.push_back(std::move(cell.named));
        continue;
      }
      require_name(cell.named.name, names);
      make_runs(cell, errors);
      sweep.cells.push_back(std::move(cell.named));
    }
    for (size_t index = 0; index < matched.size(); ++index)
      if (!matched[index])
        diagnostics_.error(file_.exclusions[index].position, "exclude: no configuration has these values",
                           "a value is written as in 'grid' or 'zip', a mapping by its label");
    if (sweep.cells.empty()) diagnostics_.error(file_.name_position, "every configuration is excluded");
    try {
      diagnostics_.throw_if_any();
    } catch (const InvalidPipeline& invalid) {
      errors.add("", invalid.diagnostics);
    }
    errors.throw_if_any();
    refuse_twins(sweep);
    return sweep;
  }

 private:
  // Runs that differ in nothing but their name, as of 1e-3 and 0.001: no table could show both.
  void refuse_twins(const Sweep& sweep) const {
    std::map<std::string, std::string> seen;  // what a run is, and its name
    for (const SweepCell& cell : sweep.cells)
      for (const Pipeline& run : cell.runs) {
        const std::string config = run.resolved_yaml.substr(run.resolved_yaml.find('\n'));  // behind the name
        const auto [first, is_new] = seen.try_emplace(config, cell.name);
        if (!is_new)
          throw InvalidPipeline(
              {diagnose(file_.name_position, fmt::format("the runs {} and {} are the same configuration",
                                                         first->second, cell.name))});
      }
  }

  void require_few_runs() {
    size_t runs = std::max<size_t>(1, file_.seeds.size());
    for (const SweepAxis& axis : file_.axes) runs = std::min(runs, kMaximumRuns + 1) * axis.choices.size();
    if (runs > kMaximumRuns)
      diagnostics_.error(file_.name_position, fmt::format("this makes more than {} runs", kMaximumRuns));
    diagnostics_.throw_if_any();
  }

  // Every choice of every axis with every other; without axes one configuration, named as the sweep.
  std::vector<Cell> combine() {
    require_few_runs();
    std::vector<Cell> cells(1);
    for (const SweepAxis& axis : file_.axes) {
      std::vector<Cell> longer;
      for (const Cell& cell : cells)
        for (const SweepChoice& choice : axis.choices) longer.push_back(join(cell, axis, choice));
      cells = std::move(longer);
    }
    if (file_.axes.empty()) cells.front().named.name = file_.name;
    // A whole section first, so that `trainer` does not undo `trainer.epochs`.
    for (Cell& cell : cells)
      std::stable_sort(
          cell.settings.begin(), cell.settings.end(),
          [](const Setting& left, const Setting& right) { return left.keys.size() < right.keys.size(); });
    return cells;
  }

  static Cell join(Cell cell, const SweepAxis& axis, const SweepChoice& choice) {
    for (size_t index = 0; index < axis.keys.size(); ++index) {
      cell.named.name +=
          (cell.named.name.empty() ? "" : "-") + name_part(axis.keys[index], choice.labels[index]);
      cell.named.labels.emplace(axis.keys[index], choice.labels[index]);
      cell.settings.push_back(choice.settings[index]);
    }
    return cell;
  }

  void require_name(const std::string& name, std::set<std::string>& names) {
    if (!std::regex_match(name, std::regex(kNamePattern)))
      diagnostics_.error(file_.name_position,
                         fmt::format("'{}' cannot name a run: it is longer than 100 characters or begins "
                                     "with '.'; give values a shorter 'label'",
                                     name));
    else if (!names.insert(name).second)
      diagnostics_.error(file_.name_position,
                         fmt::format("two runs would be named '{}'; give their values a 'label'", name));
  }

  bool is_excluded(SweepCell& cell, std::vector<bool>& matched) const {
    bool excluded = false;
    for (size_t index = 0; index < matched.size(); ++index) {
      const SweepExclusion& exclusion = file_.exclusions[index];
      if (!std::ranges::includes(cell.labels, exclusion.labels)) continue;
      matched[index] = true;
      if (!excluded) cell.reason = exclusion.reason;
      excluded = true;
    }
    return excluded;
  }

  void make_runs(Cell& cell, RunErrors& errors) const {
    YamlNode root = file_.base;
    Diagnostics found;
    for (const Setting& setting : cell.settings)
      if (setting.value.kind == YamlNode::Kind::kNothing)
        remove_key(root, setting.keys);
      else
        apply_setting(root, setting, found);
    apply_overrides(root, overrides_, found);
    set(root, "name", cell.named.name, true);
    try {
      found.throw_if_any();
      if (file_.seeds.empty()) cell.named.runs.push_back(from_document(root, registry_));
      for (const uint64_t seed : file_.seeds) {
        set(root, "seed", std::to_string(seed), false);
        cell.named.runs.push_back(from_document(root, registry_));
      }
    } catch (const InvalidPipeline& invalid) {
      errors.add(cell.named.name, invalid.diagnostics);
    }
  }

  void set(YamlNode& root, const std::string& key, const std::string& text, bool quoted) const {
    YamlNode value{
        .kind = YamlNode::Kind::kScalar, .text = text, .quoted = quoted, .position = file_.name_position};
    Diagnostics none;
    apply_setting(root, {{{key, file_.name_position}}, std::move(value)}, none);
  }

  SweepFile file_;
  const std::vector<std::string>& overrides_;
  host::Registry& registry_;
  Diagnostics diagnostics_;
};

}  // namespace

Sweep load_sweep(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                 host::Registry& registry) {
  return Expander(read_sweep_file(file), overrides, registry).expand();
}

std::string sweep_name(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  SweepFile sweep = read_sweep_file(file);
  Diagnostics diagnostics;
  override_sweep(sweep, overrides, diagnostics, diagnostics);
  diagnostics.throw_if_any();
  return sweep.name;
}

void RunErrors::add(const std::string& run, const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    const auto same = std::find_if(found_.begin(), found_.end(), [&](const Entry& entry) {
      return render(entry.diagnostic) == render(diagnostic);
    });
    if (same == found_.end()) {
      found_.push_back({diagnostic, run, run});
    } else if (same->last_run != run) {
      same->last_run = run;
      ++same->others;
    }
  }
}

void RunErrors::throw_if_any() const {
  if (found_.empty()) return;
  std::vector<Diagnostic> diagnostics;
  for (const Entry& entry : found_) {
    diagnostics.push_back(entry.diagnostic);
    if (entry.first_run.empty()) continue;
    std::string& note = diagnostics.back().note;
    note += fmt::format("{}in the run {}{}", note.empty() ? "" : "; ", entry.first_run,
                        entry.others == 0 ? "" : fmt::format(" and {} more", entry.others));
  }
  throw InvalidPipeline(std::move(diagnostics));
}

}  // namespace twopass::pipeline
