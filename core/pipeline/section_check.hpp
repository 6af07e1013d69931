#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/diagnostic.hpp"
#include "pipeline/document.hpp"
#include "pipeline/option_values.hpp"
#include "twopass/abi.h"

namespace twopass::pipeline {

// What a section may hold.
struct SectionTable {
  std::string path{};                            // "trainer", "transfer.dataset"; empty: the whole pipeline
  std::vector<const twopass_option*> options{};  // those that the host reads
  std::vector<const twopass_option*> own{};      // the plugin's
  std::vector<std::string> other_keys{};         // legal, and read by others: "plugin", "dataset"
  std::string inspect{};           // "trainer/ff", where `own` is explained; empty without a plugin
  bool plugin_is_missing = false;  // then unknown keys may be right
};

// "trainer.epochs", "seed".
std::string join(const std::string& section, const std::string& key);

// Reports a mapping's key that is none of `known`: with the nearest of them, if one is near, else with all.
// `path` is the mapping's; `inspect` as above, or empty.
void report_unknown_key(const YamlNode& entry, const std::string& path, const std::vector<std::string>& known,
                        const std::string& inspect, Diagnostics& diagnostics);

// Where sections ("trainer") and options ("trainer.epochs") were given; those that keep their default are
// absent.
using Positions = std::map<std::string, Position>;

// Checks a mapping, or nothing (all defaults), against the table and reports every error; notes in
// `positions` where each option was given. What it returns is complete only if nothing was reported.
OptionValues check_section(const YamlNode& section, const SectionTable& table, Diagnostics& diagnostics,
                           Positions& positions);

}  // namespace twopass::pipeline
