#include "run/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "pipeline/read_file.hpp"
#include "pipeline/resolved.hpp"
#include "run/files.hpp"
#include "run/json_files.hpp"
#include "run/safetensors.hpp"
#include "twopass/error.hpp"

namespace twopass::run {
namespace {

namespace fs = std::filesystem;
constexpr const char* kRun = "run.json";
constexpr const char* kResult = "result.json";

// NAME.bias, or a state of one.
bool is_bias(const std::string& name) {
  return name.ends_with(".bias") || name.find(".bias.") != std::string::npos;
}

SafeTensors collect(host::HostDevice& device, bool with_state) {
  SafeTensors content;
  for (const Tensor& tensor : device.persistent()) {
    const Buffer& buffer = *tensor.buffer();
    if (buffer.role != TWOPASS_PARAM && !with_state) continue;
    std::vector<int64_t> shape{buffer.rows, buffer.columns};
    if (buffer.rows == 1 && is_bias(buffer.name)) shape.erase(shape.begin());  // a vector to its readers
    content.tensors.push_back({buffer.name, shape, device.device().download<float>(tensor)});
  }
  return content;
}

void restore(host::HostDevice& device, const SafeTensors& content, const fs::path& path) {
  for (const Tensor& tensor : device.persistent()) {
    const Buffer& buffer = *tensor.buffer();
    const auto found = std::ranges::find(content.tensors, buffer.name, &NamedTensor::name);
    if (found == content.tensors.end() ||
        found->values.size() != static_cast<size_t>(buffer.rows * buffer.columns))
      throw Error(fmt::format("{} has no tensor '{}' of {} values", path.string(), buffer.name,
                              buffer.rows * buffer.columns),
                  TWOPASS_CORRUPT);
  }
  for (const Tensor& tensor : device.persistent())
    device.device().upload(
        tensor, std::ranges::find(content.tensors, tensor.buffer()->name, &NamedTensor::name)->values);
}

std::string file_of(int64_t epoch) { return fmt::format("epoch-{:06}.safetensors", epoch); }

TrainingProgress progress_of(const SafeTensors& content, const fs::path& path) {
  try {
    return {std::stoll(content.metadata.at("epoch")), std::stod(content.metadata.at("train_seconds")),
            std::stoll(content.metadata.at("trained_samples"))};
  } catch (const std::logic_error&) {  // of at(), stoll() and stod()
    throw Error(path.string() + " does not say how far training was", TWOPASS_CORRUPT);
  }
}

nlohmann::json parse_json(const fs::path& path) {
  nlohmann::json content = nlohmann::json::parse(pipeline::read_file(path), nullptr, false);
  if (!content.is_object())
    throw Error(fmt::format("{} is damaged: it holds no whole JSON object; remove {} to run this run again",
                            path.string(), path.parent_path().string()),
                TWOPASS_CORRUPT);
  return content;
}

// The lines that are metrics: a crash may have cut the last one.
std::vector<nlohmann::json> read_lines(const fs::path& file) {
  std::vector<nlohmann::json> found;
  std::istringstream lines(fs::exists(file) ? pipeline::read_file(file) : "");
  for (std::string line; std::getline(lines, line);) {
    nlohmann::json metrics = nlohmann::json::parse(line, nullptr, false);
    if (metrics.is_object() && entry(metrics, "epoch", int64_t{0}) > 0) found.push_back(std::move(metrics));
  }
  return found;
}

}  // namespace

RunFolder::RunFolder(fs::path path, const pipeline::Pipeline& pipeline, const nlohmann::json& provenance)
    : path_(std::move(path)), config_hash_(pipeline.hash) {
  for (const fs::path& folder : {path_, path_ / "checkpoints"}) create_folder(folder);
  lock_.emplace(path_);
  auto run = read_json(kRun);
  const fs::path config = path_ / "config.yaml";
  if (run && run->value("config_hash", nlohmann::json()) == config_hash_ && has_results()) {
    nlohmann::json& resumed = (*run)["resumed"];
    if (!resumed.is_array()) resumed = nlohmann::json::array();
    resumed.push_back(provenance);  // perhaps by another build or on another machine
    write_json(kRun, *run);
    write_atomically(config, pipeline.resolved_yaml);  // its paths and threads may be others now
    return;
  }
  if (has_results()) {
    if (!run)
      throw Error(
          fmt::format("{} holds results, but no run.json, which says of which run; put that back, or "
                      "give this run another name",
                      path_.string()));
    throw Error(fmt::format(
        "{} holds another run: {}; give this one another name, or another folder with --results",
        path_.string(),
        pipeline::first_difference(fs::exists(config) ? pipeline::read_file(config) : "", pipeline)));
  }
  // What a run that never learnt anything left behind. run.json, which says whose the folder is, goes first
  // and comes last.
  for (const fs::path& file : {path_ / kRun, log(), path_ / "status.json"}) fs::remove(file);
  write_atomically(config, pipeline.resolved_yaml);
  write_json(kRun, provenance);
}

std::optional<nlohmann::json> finished_result(const fs::path& folder, const std::string& config_hash) {
  std::optional<nlohmann::json> result = read_json_object(folder / kResult);
  if (result && result->value("config_hash", nlohmann::json()) != config_hash) return std::nullopt;
  return result;
}

std::optional<nlohmann::json> read_provenance(const fs::path& folder) {
  return read_json_object(folder / kRun);
}

int64_t told_epoch(const fs::path& folder) {
  return entry(read_json_object(folder / "status.json").value_or(nlohmann::json::object()), "epoch",
               int64_t{0});
}

void RunFolder::write_status(const std::string& state, const TrainingProgress& progress,
                             const std::string& message) const {
  write_json("status.json", {{"state", state}, {"epoch", progress.epoch}, {"message", message}});
}

void RunFolder::write_json(const std::string& name, const nlohmann::json& content) const {
  run::write_json(path_ / name, content);
}

std::optional<nlohmann::json> RunFolder::read_json(const std::string& name) const {
  if (!fs::exists(path_ / name)) return std::nullopt;
  return parse_json(path_ / name);
}

void RunFolder::bind_data(const nlohmann::json& checksums) const {
  nlohmann::json run = read_json(kRun).value_or(nlohmann::json::object());
  if (run.contains("data") && run["data"] != checksums)
    throw Error(
        fmt::format(
            "the images, labels or initial weights are not those that {} began with; put the old files "
            "back, or give the run another name",
            path_.string()),
        TWOPASS_CORRUPT);
  run["data"] = checksums;
  write_json(kRun, run);
}

void RunFolder::append_metrics(const nlohmann::json& line) const { append_line(metrics(), line.dump()); }

int64_t RunFolder::covered_epochs() const {
  int64_t covered = 0;
  for (const nlohmann::json& line : read_lines(metrics())) {
    const auto epoch = line["epoch"].get<int64_t>();
    if (epoch <= covered)
      throw Error(
          fmt::format("{} has more than one line of epoch {}; keep one of them", metrics().string(), epoch),
          TWOPASS_CORRUPT);
    if (epoch > covered + 1) break;
    covered = epoch;
  }
  return covered;
}

std::vector<nlohmann::json> RunFolder::cut_metrics(int64_t epochs) const {
  std::vector<nlohmann::json> kept = read_lines(metrics());
  std::erase_if(kept, [&](const nlohmann::json& line) { return line["epoch"].get<int64_t>() > epochs; });
  std::string text;
  for (const nlohmann::json& line : kept) text += line.dump() + '\n';
  if (fs::exists(metrics())) write_atomically(metrics(), text);
  return kept;
}

bool RunFolder::has_results() const {
  for (const char* name : {"metrics.jsonl", "transfer.json", "model.safetensors", kResult})
    if (fs::exists(path_ / name)) return true;
  return !checkpoints().empty();
}

std::vector<fs::path> RunFolder::checkpoints() const {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path_ / "checkpoints"))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  std::ranges::sort(files, std::greater());
  return files;
}

void RunFolder::save_checkpoint(host::HostDevice& device, const TrainingProgress& progress) {
  SafeTensors content = collect(device, true);
  content.metadata = {{"format", "pt"},
                      {"config_hash", config_hash_},
                      {"epoch", std::to_string(progress.epoch)},
                      {"train_seconds", std::to_string(progress.train_seconds)},
                      {"trained_samples", std::to_string(progress.trained_samples)}};
  const fs::path newest = path_ / "checkpoints" / file_of(progress.epoch);
  write_safetensors(newest, content);
  size_t older = 0;
  // A later one was passed over, or this run would have begun there.
  for (const fs::path& file : checkpoints())
    if (file > newest || (file < newest && ++older > 1)) fs::remove(file);
}

std::optional<TrainingProgress> RunFolder::load_checkpoint(host::HostDevice& device, int64_t last_epoch,
                                                           std::vector<std::string>& warnings) const {
  const auto pass_over = [&](const fs::path& file, const std::string& why) {
    warnings.push_back(fmt::format("passing over {}: {}", file.filename().string(), why));
  };
  std::string without_metrics;
  for (const fs::path& file : checkpoints()) {
    try {
      const SafeTensors content = read_safetensors(file);
      if (!content.metadata.contains("config_hash") || content.metadata.at("config_hash") != config_hash_)
        throw Error(file.string() + " belongs to another configuration", TWOPASS_CORRUPT);
      const TrainingProgress progress = progress_of(content, file);
      if (progress.epoch > last_epoch) {
        without_metrics = fmt::format("{} has no line of epoch {}", metrics().string(), last_epoch + 1);
        pass_over(file, without_metrics);
        continue;
      }
      restore(device, content, file);  // last: a damaged checkpoint leaves the initial weights alone
      return progress;
    } catch (const Error& e) {
      if (e.status() != TWOPASS_CORRUPT) throw;
      pass_over(file, e.what());
    }
  }
  if (!without_metrics.empty())
    throw Error(
        fmt::format("{}, though a checkpoint of a later one lies in {}; put the file back, or remove the "
                    "folder to train again from the start",
                    without_metrics, (path_ / "checkpoints").string()),
        TWOPASS_CORRUPT);
  return std::nullopt;
}

void RunFolder::save_model(host::HostDevice& device) const {
  write_params(device, path_ / "model.safetensors");
}

void RunFolder::keep_model(host::HostDevice& device, int64_t epoch) const {
  create_folder(path_ / "models");
  write_params(device, path_ / "models" / file_of(epoch));
}

void RunFolder::write_params(host::HostDevice& device, const fs::path& file) const {
  SafeTensors content = collect(device, false);
  content.metadata = {{"format", "pt"}, {"config_hash", config_hash_}};
  write_safetensors(file, content);
}

}  // namespace twopass::run
