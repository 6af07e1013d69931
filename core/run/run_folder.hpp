#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/device.hpp"
#include "pipeline/pipeline.hpp"
#include "run/folder_lock.hpp"

namespace twopass::run {

// How far a checkpoint got; everything that a resumed run needs besides the tensors.
struct TrainingProgress {
  int64_t epoch = 0;  // epochs done
  double train_seconds = 0;
  int64_t trained_samples = 0;
};

// The result in a run's folder, if it is done and of this configuration. A damaged one counts as none: the
// run goes on from its last checkpoint and writes it anew. Takes no lock: a result is written once.
std::optional<nlohmann::json> finished_result(const std::filesystem::path& folder,
                                              const std::string& config_hash);

// The provenance with which a folder's run began; none when it cannot be read. Takes no lock.
std::optional<nlohmann::json> read_provenance(const std::filesystem::path& folder);

// The epoch that a folder's status.json tells; 0 without one. Takes no lock.
int64_t told_epoch(const std::filesystem::path& folder);

// The folder of one run: config.yaml, run.json, status.json, metrics.jsonl, log.txt, checkpoints/,
// models/, model.safetensors, result.json. One process works in it at a time; no result in it is ever
// overwritten by another configuration.
class RunFolder {
 public:
  // Creates the folder or takes up the one that is there. `provenance` becomes run.json; its `config_hash`
  // says whose the folder is. Throws Error when that is another configuration, when another process works in
  // it, or when it cannot be written.
  RunFolder(std::filesystem::path path, const pipeline::Pipeline& pipeline, const nlohmann::json& provenance);

  const std::filesystem::path& path() const { return path_; }
  // What is said of the run, line by line.
  std::filesystem::path log() const { return path_ / "log.txt"; }

  // `state`: running, interrupted, failed, done.
  void write_status(const std::string& state, const TrainingProgress& progress,
                    const std::string& message = {}) const;
  void write_json(const std::string& name, const nlohmann::json& content) const;
  std::optional<nlohmann::json> read_json(const std::string& name) const;

  // Ties the run to the data it began with: throws Error when a resumed run finds others.
  void bind_data(const nlohmann::json& checksums) const;

  // One line of metrics.jsonl; each line has an `epoch`.
  void append_metrics(const nlohmann::json& line) const;
  // The epochs that have their line, counted from the first to the first gap. Throws Error with
  // TWOPASS_CORRUPT where one has two.
  int64_t covered_epochs() const;
  // Drops metrics of later epochs and whatever is no line of metrics; returns what is left.
  std::vector<nlohmann::json> cut_metrics(int64_t epochs) const;

  // Writes every param and state tensor of `device`; keeps this checkpoint and the one before.
  void save_checkpoint(host::HostDevice& device, const TrainingProgress& progress);
  // Restores the newest checkpoint of at most `last_epoch` that is whole; others are passed over with a
  // warning in `warnings`. Throws Error when one cannot be read at all, or all are of later epochs: training
  // on would overwrite them.
  std::optional<TrainingProgress> load_checkpoint(host::HostDevice& device, int64_t last_epoch,
                                                  std::vector<std::string>& warnings) const;
  // The trained parameters alone, as model.safetensors or, of an epoch, as models/epoch-NNNNNN.safetensors.
  void save_model(host::HostDevice& device) const;
  void keep_model(host::HostDevice& device, int64_t epoch) const;

 private:
  void write_params(host::HostDevice& device, const std::filesystem::path& file) const;
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  bool has_results() const;  // false for a run that failed before its first epoch was done
  std::vector<std::filesystem::path> checkpoints() const;  // newest first

  std::filesystem::path path_;
  std::string config_hash_;
  std::optional<FolderLock> lock_;
};

}  // namespace twopass::run
