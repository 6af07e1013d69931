#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/registry.hpp"
#include "pipeline/pipeline.hpp"

namespace twopass::pipeline {

// One configuration of a sweep, the same for all seeds.
struct SweepCell {
  std::string name;                           // of its runs: the labels, joined
  std::map<std::string, std::string> labels;  // of each key that is varied
  std::vector<Pipeline> runs;                 // one for each seed; none when it is excluded
  std::string reason;                         // why it is excluded; may be empty
};

struct Sweep {
  std::string name;
  std::vector<SweepCell> cells, excluded;  // in the order of the file, the last key varying fastest
};

// Reads a sweep file and makes every run's pipeline. `overrides`, as of the command line, change every run,
// after the file's own values; `name` among them names the sweep. Throws InvalidPipeline with everything that
// is wrong.
Sweep load_sweep(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                 host::Registry& registry);

// The name of a sweep, from its file and overrides alone.
std::string sweep_name(const std::filesystem::path& file, const std::vector<std::string>& overrides);

// What is wrong with many runs: an error that several share is told once, with the first run that has it.
class RunErrors {
 public:
  // `run` is empty for what is wrong with the sweep itself.
  void add(const std::string& run, const std::vector<Diagnostic>& diagnostics);
  // Throws InvalidPipeline if there are any.
  void throw_if_any() const;

 private:
  struct Entry {
    Diagnostic diagnostic;
    std::string first_run, last_run;
    int others = 0;
  };
  std::vector<Entry> found_;
};

}  // namespace twopass::pipeline
