#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/diagnostic.hpp"
#include "pipeline/document.hpp"
#include "pipeline/override.hpp"

namespace twopass::pipeline {

// One point on an axis: what it sets, and how each of the axis' keys is called there.
struct SweepChoice {
  std::vector<Setting> settings;
  std::vector<std::string> labels;
};

// One key of `grid`, or all keys of `zip`, which go together.
struct SweepAxis {
  std::vector<std::string> keys;
  std::vector<SweepChoice> choices;
};

struct SweepExclusion {
  std::map<std::string, std::string> labels;  // by key; a configuration that has them all is left out
  std::string reason;                         // may be empty
  Position position;
};

// A sweep file as it was written, before any pipeline is made of it.
struct SweepFile {
  std::string name;
  YamlNode base;
  std::vector<SweepAxis> axes;
  std::vector<uint64_t> seeds;  // empty: the base's own
  std::vector<SweepExclusion> exclusions;
  Position name_position;

  // Reports a name that no folder can have.
  void set_name(const YamlNode& wanted, Diagnostics& diagnostics);
};

// Reads a sweep file and the base that it names. Throws InvalidPipeline with everything that is wrong.
SweepFile read_sweep_file(const std::filesystem::path& file);

}  // namespace twopass::pipeline
