#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/registry.hpp"
#include "pipeline/pipeline.hpp"

namespace twopass::run {

struct RunOptions {
  std::filesystem::path results = "results";  // the run's folder is results/NAME/seed-N
  bool quiet = false;
};

// Executes a pipeline: pretraining, pretext accuracy, transfer with controls, result files. A run that is
// done is not run again; one that was stopped is resumed. Returns the content of result.json. Throws
// pipeline::InvalidPipeline, Error, or Stopped after a signal.
nlohmann::json run(const pipeline::Pipeline& pipeline, host::Registry& registry, const RunOptions& options);

std::filesystem::path run_folder_path(const pipeline::Pipeline& pipeline,
                                      const std::filesystem::path& results);

}  // namespace twopass::run
