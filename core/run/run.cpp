#include "run/run.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <optional>

#include "pipeline/sha256.hpp"
#include "run/insight.hpp"
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

struct Splits {
  ImagesInMemory train, test;
};

Splits load_splits(const host::Dataset& dataset, const pipeline::Section& section, uint64_t seed) {
  const Values options = section.values.typed();
  return {load_images(dataset, Split::kTrain, options.integer("train_size"), seed),
          load_images(dataset, Split::kTest, options.integer("test_size"), 0)};
}

// All images of a run, in the memory of the datasets that loaded them.
struct Data {
  Splits pretraining;
  std::optional<Splits> transfer;  // when the probes have a dataset of their own

  const Splits& probed() const { return transfer ? *transfer : pretraining; }
  void upload(Device device) {
    for (Splits* splits : {&pretraining, transfer ? &*transfer : nullptr})
      if (splits != nullptr)
        for (ImagesInMemory* images : {&splits->train, &splits->test}) run::upload(device, *images);
  }
};

nlohmann::json checksums(const Splits& splits) {
  const auto checksum = [](const ImagesInMemory& images) {
    const std::string_view labels(reinterpret_cast<const char*>(images.labels.data()),
                                  images.labels.size_bytes());
    const std::string_view pixels(reinterpret_cast<const char*>(images.pixels.data()), images.pixels.size());
    return pipeline::sha256_hex(pipeline::sha256_hex(pixels) + pipeline::sha256_hex(labels));
  };
  return {{"train", checksum(splits.train)}, {"test", checksum(splits.test)}};
}

nlohmann::json checksums(const Data& data) {
  nlohmann::json result{{"dataset", checksums(data.pretraining)}};
  if (data.transfer) result["transfer_dataset"] = checksums(*data.transfer);
  return result;
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

void require_a_batch(const pipeline::Pipeline& pipeline, const char* section, const Values& options,
                     int64_t images) {
  if (images >= options.integer("batch_size")) return;
  throw pipeline::InvalidPipeline(
      {pipeline.locate(section, "batch_size",
                       fmt::format("the dataset has {} training images, fewer than a batch of {}", images,
                                   options.integer("batch_size")))});
}

// Whether a probe learns the pretext task in the place of scores. The labels of `supervised` are the
// dataset's, which the transfer probes learn anyway.
bool probes_pretext_task(const Wiring& wiring) {
  return wiring.trainer->score_names.empty() && wiring.task.label_source != TWOPASS_LABEL_OF_DATASET;
}

Data load_data(const Wiring& wiring) {
  const pipeline::Pipeline& pipeline = wiring.pipeline;
  Data data;
  at_section(pipeline, "dataset",
             [&] { data.pretraining = load_splits(*wiring.dataset, pipeline.dataset, pipeline.seed); });
  if (pipeline.transfer_dataset)
    at_section(pipeline, "transfer.dataset", [&] {
      data.transfer = load_splits(*wiring.transfer_dataset, *pipeline.transfer_dataset, pipeline.seed);
    });
  require_a_batch(pipeline, "trainer", pipeline.trainer.values.typed(), data.pretraining.train.count);
  require_a_batch(pipeline, "transfer", pipeline.transfer.typed(), data.probed().train.count);
  if (probes_pretext_task(wiring))
    require_a_batch(pipeline, "transfer", pipeline.transfer.typed(), data.pretraining.train.count);
  return data;
}

nlohmann::json execute(Wiring& wiring, Data& data, RunFolder& folder, ProgressDisplay& display,
                       Progress& progress) {
  const pipeline::Pipeline& pipeline = wiring.pipeline;
  const Splits& images = data.pretraining;
  const Splits& probed = data.probed();
  folder.bind_data(checksums(data));
  wiring.build(images.train.count / pipeline.trainer.values.typed().integer("batch_size"));

  data.upload(wiring.device->device());
  const std::vector<nlohmann::json> history =
      pretrain(wiring, images.train, images.test, folder, display, progress);
  folder.save_model(*wiring.device);

  display.update([] { return std::string("looking into the layers"); });
  nlohmann::json pretrained = LayerInsight(wiring, probed.test).measure();
  if (!history.empty()) add_goodness_gaps(pretrained, history.back()["train"]);

  nlohmann::json pretext = pretext_result(wiring, history);
  if (probes_pretext_task(wiring))
    pretext["probe"] = probe_pretext(wiring, images.train, images.test, folder, display);

  nlohmann::json transfer{{"dataset", wiring.probe_dataset_name()}, {"classes", wiring.probe_classes}};
  transfer.update(measure_transfer(wiring, probed.train, probed.test, folder, display));

  wiring.trainer->initialize(pipeline.seed);
  LayerInsight insight(wiring, probed.test);
  const nlohmann::json untrained = insight.measure();

  const twopass_backend_info& backend = wiring.device->info();
  const double rate =
      progress.train_seconds > 0 ? static_cast<double>(progress.trained_samples) / progress.train_seconds : 0;
  return {{"schema", 1},
          {"name", pipeline.name},
          {"seed", pipeline.seed},
          {"config_hash", pipeline.hash},
          {"pretext", pretext},
          {"transfer", transfer},
          {"insight", {{"images", insight.images()}, {"pretrained", pretrained}, {"untrained", untrained}}},
          {"speed",
           {{"train_samples_per_second", rate},
            {"train_seconds", progress.train_seconds},
            {"peak_memory_bytes", peak_memory_bytes()}}},
          {"backend",
           {{"name", pipeline.backend.plugin},
            {"precision", backend.precision},
            {"device", backend.device},
            {"threads", backend.threads}}}};
}

// Whoever changes a plugin runs it again under the same name, and may take the old build's result for the new
// one's.
void warn_of_other_builds(const char* what, const std::filesystem::path& folder, host::Registry& registry,
                          ProgressDisplay& display) {
  const std::optional<nlohmann::json> origin = read_provenance(folder);
  const std::string others = origin ? other_builds(*origin, registry) : "";
  if (!others.empty())
    display.warning(
        fmt::format("{} {} with another build of {}; to run this one from the start, remove the folder or "
                    "choose another `name`",
                    folder.string(), what, others));
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
    warn_of_other_builds("was made", path, registry, display);
    return *done;
  }
  // Whatever cannot work, or has no data, is found before a device is taken or a folder made.
  Wiring paper(pipeline, registry, true);
  paper.build(1);
  const StopSignals signals;
  Data data = load_data(paper);
  throw_if_stopped();
  Wiring wiring(pipeline, registry, false);
  const nlohmann::json origin = provenance(wiring);
  RunFolder folder(path, pipeline, origin);
  const nlohmann::json began = folder.read_json("run.json").value_or(origin);
  if (began.contains("backend") && began["backend"] != origin["backend"])
    display.warning(
        fmt::format("this run began on {} and goes on with {}; its numbers will differ by rounding",
                    began["backend"].dump(), origin["backend"].dump()));
  warn_of_other_builds("began", path, registry, display);
  Progress progress;
  try {
    nlohmann::json result = execute(wiring, data, folder, display, progress);
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
