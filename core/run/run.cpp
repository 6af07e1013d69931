#include "run/run.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "run/images.hpp"
#include "run/initial_weights.hpp"
#include "run/insight.hpp"
#include "run/json_files.hpp"
#include "run/pretrain.hpp"
#include "run/provenance.hpp"
#include "run/run_folder.hpp"
#include "run/stop.hpp"
#include "run/transfer.hpp"
#include "run/wiring.hpp"

namespace twopass::run {
namespace {

int64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

nlohmann::json pretext_result(const Wiring& wiring, const std::vector<nlohmann::json>& history) {
  nlohmann::json result{{"task", wiring.pipeline.pretext.plugin},
                        {"classes", wiring.task.class_names.size()}};
  const std::vector<std::string>& sets = wiring.trainer->score_names;
  if (history.empty() || sets.empty()) return result;
  const nlohmann::json& last = history.back();
  result["test_accuracy"] = last["test_accuracy"][sets.back()];
  result["layers"] = nlohmann::json::array();
  for (size_t set = 0; set + 1 < sets.size(); ++set)
    result["layers"].push_back(last["test_accuracy"][sets[set]]);

  // The accuracy swings from epoch to epoch, so one epoch's figure says little.
  std::vector<double> last_ten;
  for (size_t epoch = history.size() > 10 ? history.size() - 10 : 0; epoch < history.size(); ++epoch)
    if (history[epoch].contains("test_accuracy"))
      last_ten.push_back(history[epoch]["test_accuracy"][sets.back()].get<double>());
  double sum = 0;
  for (const double value : last_ten) sum += value;
  const double mean = sum / static_cast<double>(last_ten.size());
  double squares = 0;
  for (const double value : last_ten) squares += (value - mean) * (value - mean);
  result["last_ten"] = {{"mean", mean}, {"epochs", last_ten.size()}};
  if (last_ten.size() > 1)
    result["last_ten"]["standard_deviation"] = std::sqrt(squares / static_cast<double>(last_ten.size() - 1));
  return result;
}

nlohmann::json execute(Wiring& wiring, RunImages& images, const InitialWeights& weights, RunFolder& folder,
                       ProgressDisplay& display, TrainingProgress& progress) {
  const pipeline::Pipeline& pipeline = wiring.pipeline;
  const auto& [train, test] = images.pretraining;
  const Splits& probed = images.probed();
  nlohmann::json data = checksums(images);
  const std::string weights_digest = initial_weights_digest(pipeline);
  if (!weights_digest.empty()) data["initial_weights"] = weights_digest;
  folder.bind_data(data);
  wiring.build(train.count / pipeline.trainer.values.typed().integer("batch_size"));

  upload(wiring.device->device(), images);
  const std::vector<nlohmann::json> history =
      pretrain(wiring, train, test, weights, folder, display, progress);
  folder.save_model(*wiring.device);

  display.update([] { return std::string("looking into the layers"); });
  const int64_t seen = std::min(probed.test.count, kInsightImages);
  nlohmann::json pretrained = measure_layers(wiring, probed.test, seen);
  add_goodness(pretrained, wiring.trainer->thresholds,
               history.empty() ? nlohmann::json() : entry(history.back(), "train", nlohmann::json::object()));

  nlohmann::json pretext = pretext_result(wiring, history);
  if (wiring.probes_pretext()) pretext.update(probe_pretext(wiring, train, test, folder, display));

  nlohmann::json transfer{{"dataset", wiring.probe_dataset_name()}, {"classes", wiring.probe_classes}};
  transfer.update(measure_transfer(wiring, probed.train, probed.test, folder, display));

  wiring.trainer->initialize(pipeline.seed);
  const nlohmann::json untrained = measure_layers(wiring, probed.test, seen);

  const twopass_backend_info& backend = wiring.device->info();
  const double rate =
      progress.train_seconds > 0 ? static_cast<double>(progress.trained_samples) / progress.train_seconds : 0;
  nlohmann::json result{{"schema", 1},
                        {"name", pipeline.name},
                        {"seed", pipeline.seed},
                        {"config_hash", pipeline.hash},
                        {"pretext", pretext},
                        {"transfer", transfer},
                        {"insight", {{"images", seen}, {"pretrained", pretrained}, {"untrained", untrained}}},
                        {"speed",
                         {{"train_samples_per_second", rate},
                          {"train_seconds", progress.train_seconds},
                          {"peak_memory_bytes", peak_memory_bytes()}}},
                        {"backend",
                         {{"name", pipeline.backend.plugin},
                          {"precision", backend.precision},
                          {"device", backend.device},
                          {"threads", backend.threads}}}};
  if (!weights_digest.empty()) result["initial_weights"] = weights_digest;
  if (const int64_t held_out = pipeline.dataset.values.typed().integer("validation_size"); held_out > 0)
    result["validation_size"] = held_out;
  return result;
}

// Whoever changes a plugin runs it again under the same name, and may take the old build's result for the new
// one's.
void warn_of_other_builds(const char* what, const std::filesystem::path& folder, host::Registry& registry,
                          ProgressDisplay& display) {
  const std::string others = other_builds(folder, registry);
  if (!others.empty())
    display.warning(
        fmt::format("{} {} with another build of {}; to run this one from the start, remove the folder or "
                    "choose another `name`",
                    folder.string(), what, others));
}

// A run that was killed between its result and its last status says for ever that it is running.
void tell_done(const std::filesystem::path& folder) {
  std::optional<nlohmann::json> status = read_json_object(folder / "status.json");
  if (!status || entry<std::string>(*status, "state", "") == "done") return;
  (*status)["state"] = "done";
  try {
    write_json(folder / "status.json", *status);
  } catch (const Error&) {  // a folder that may only be read is right all the same
  }
}

// What the configuration cannot tell of a run that is done.
void tell_differences(const pipeline::Pipeline& pipeline, const std::filesystem::path& folder,
                      const nlohmann::json& result, ProgressDisplay& display) {
  const std::string weights = initial_weights_digest(pipeline);
  if (!weights.empty() && weights != entry<std::string>(result, "initial_weights", ""))
    display.warning(
        fmt::format("{} began with other weights than {} holds now; to run it from the start, remove "
                    "the folder or choose another `name`",
                    folder.string(), initial_weights_file(pipeline)));
  if (pipeline.trainer.values.typed().integer("keep_every") > 0 &&
      !std::filesystem::exists(folder / "models"))
    display.warning(
        fmt::format("{} kept no weights along the way; choose another `name` to run it again with "
                    "trainer.keep_every",
                    folder.string()));
}

}  // namespace

std::filesystem::path run_folder_path(const pipeline::Pipeline& pipeline,
                                      const std::filesystem::path& results) {
  return results / pipeline.name / fmt::format("seed-{}", pipeline.seed);
}

nlohmann::json run(const pipeline::Pipeline& pipeline, host::Registry& registry, const RunOptions& options) {
  const std::filesystem::path path = run_folder_path(pipeline, options.results);
  ProgressDisplay display(options.quiet);
  if (std::optional<nlohmann::json> done = finished_result(path, pipeline.hash)) {
    display.line(fmt::format("{} is already done", path.string()));
    tell_done(path);
    warn_of_other_builds("was made", path, registry, display);
    tell_differences(pipeline, path, *done, display);
    return *done;
  }
  // Whatever cannot work, or has no data, is found before a device is taken or a folder made.
  Wiring paper(pipeline, registry, true);
  paper.build(1);
  const StopSignals signals;
  RunImages images = load_images(paper);
  const InitialWeights weights = read_initial_weights(paper);
  throw_if_stopped();
  Wiring wiring(pipeline, registry, false);
  const nlohmann::json origin = provenance(wiring);
  RunFolder folder(path, pipeline, origin);
  display.log_to(folder.log());
  const nlohmann::json began = *folder.read_json("run.json");
  if (began.contains("backend") && began["backend"] != origin["backend"])
    display.warning(
        fmt::format("this run began on {} and goes on with {}; its numbers will differ by rounding",
                    began["backend"].dump(), origin["backend"].dump()));
  warn_of_other_builds("began", path, registry, display);
  TrainingProgress progress{.epoch = told_epoch(path)};
  try {
    nlohmann::json result = execute(wiring, images, weights, folder, display, progress);
    folder.write_json("result.json", result);
    folder.write_status("done", progress);
    return result;
  } catch (const std::exception& e) {
    const bool stopped = dynamic_cast<const Stopped*>(&e) != nullptr;
    try {
      folder.write_status(stopped ? "interrupted" : "failed", progress, e.what());
    } catch (const std::exception&) {  // the disk may be full; the first error is the one to tell
    }
    throw;
  }
}

}  // namespace twopass::run
