#include "run/wiring.hpp"

#include <fmt/format.h>

#include <limits>
#include <numeric>

#include "pipeline/sections.hpp"

namespace twopass::run {
namespace {

twopass_label_pixels label_policy(const pipeline::Pipeline& pipeline) {
  return static_cast<twopass_label_pixels>(
      pipeline.transfer.typed().choice_index("label_pixels", pipeline::kLabelPixels));
}

// What a section asks for; 0 stands for all, however many these are.
int64_t train_size(const pipeline::Section& dataset) {
  const int64_t size = dataset.values.typed().integer("train_size");
  return size == 0 ? std::numeric_limits<int64_t>::max() : size;
}

// Whatever is held out of one dataset must not come back as another one's test or training images.
void check_validation(const pipeline::Pipeline& pipeline) {
  const auto check = [&](const char* path, const pipeline::Section& section) {
    const Values sizes = section.values.typed();
    if (sizes.integer("validation_size") > 0 && sizes.integer("test_size") > 0)
      throw pipeline::InvalidPipeline({pipeline.locate(
          path, "test_size",
          "no test image is used where validation_size takes their place; leave one of them out")});
    return sizes.integer("validation_size");
  };
  const int64_t held_out = check("dataset", pipeline.dataset);
  if (!pipeline.transfer_dataset) return;
  const int64_t probed = check("transfer.dataset", *pipeline.transfer_dataset);
  if (held_out != probed)
    throw pipeline::InvalidPipeline(
        {pipeline.locate(held_out > 0 ? "dataset" : "transfer.dataset", "validation_size",
                         "dataset and transfer.dataset need the same validation_size, or what one holds out "
                         "the other may show")});
}

}  // namespace

void at_section(const pipeline::Pipeline& pipeline, const std::string& section,
                const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    const bool data = e.status() == TWOPASS_NOT_FOUND || e.status() == TWOPASS_CORRUPT;
    if (e.option().empty() || data) throw;  // data that are missing are no fault of the pipeline
    throw pipeline::InvalidPipeline({pipeline.locate(section, e.option(), e.what())});
  }
}

void require_a_batch(const pipeline::Pipeline& pipeline, int64_t trained, int64_t probed) {
  const auto require = [&](const char* section, const Values& options, int64_t images) {
    const int64_t batch = options.integer("batch_size");
    if (images < batch)
      throw pipeline::InvalidPipeline({pipeline.locate(
          section, "batch_size",
          fmt::format("the dataset has {} training images, fewer than a batch of {}", images, batch))});
  };
  require("trainer", pipeline.trainer.values.typed(), trained);
  require("transfer", pipeline.transfer.typed(), probed);
}

Wiring::Wiring(const pipeline::Pipeline& chosen, host::Registry& registry, bool on_paper) : pipeline(chosen) {
  const auto plugin = [&](twopass_kind kind, const pipeline::Section& section) -> const host::Plugin& {
    return *plugins.emplace_back(&registry.load(kind, section.plugin));
  };
  at_section(pipeline, "dataset", [&] {
    dataset = std::make_unique<host::Dataset>(plugin(TWOPASS_DATASET, pipeline.dataset),
                                              pipeline.dataset.values.values());
    shape = dataset->describe();
    probe_classes = static_cast<int64_t>(shape.class_names.size());
  });
  at_section(pipeline, "pretext", [&] {
    pretext = std::make_unique<host::Pretext>(plugin(TWOPASS_PRETEXT, pipeline.pretext),
                                              pipeline.pretext.values.values());
    task = pretext->negotiate(shape);
  });
  const std::string images = shape_text(shape);
  if (task.channels != shape.channels || task.height != shape.height || task.width != shape.width)
    throw Error(
        fmt::format("pretext '{}' makes {} images of the dataset's {} ones, so its frozen features cannot be "
                    "tested on the dataset; use a pretext task that keeps the size",
                    pipeline.pretext.plugin, shape_text(task), images));
  if (pipeline.transfer_dataset) {
    at_section(pipeline, "transfer.dataset", [&] {
      const pipeline::Section& section = *pipeline.transfer_dataset;
      transfer_dataset =
          std::make_unique<host::Dataset>(plugin(TWOPASS_DATASET, section), section.values.values());
      const DatasetInfo other = transfer_dataset->describe();
      probe_classes = static_cast<int64_t>(other.class_names.size());
      if (other.channels != shape.channels || other.height != shape.height || other.width != shape.width)
        throw Error(
            fmt::format("transfer.dataset '{}' has {} images, dataset '{}' has {} ones; transfer needs the "
                        "same image shape",
                        section.plugin, shape_text(other), pipeline.dataset.plugin, images));
    });
  }
  check_validation(pipeline);
  require_a_batch(pipeline, train_size(pipeline.dataset),
                  train_size(pipeline.transfer_dataset ? *pipeline.transfer_dataset : pipeline.dataset));
  at_section(pipeline, "network", [&] { Network(pipeline.network.typed()); });
  at_section(pipeline, "trainer", [&] {
    trainer = std::make_unique<Trainer>(plugin(TWOPASS_TRAINER, pipeline.trainer),
                                        pipeline.trainer.values.values());
  });
  at_section(pipeline, "backend", [&] {
    const host::Plugin& backend = plugin(TWOPASS_BACKEND, pipeline.backend);
    const twopass_values values = pipeline.backend.values.values();
    if (on_paper) const host::Instance checks_its_options(backend, values);
    device =
        on_paper ? std::make_unique<host::HostDevice>() : std::make_unique<host::HostDevice>(backend, values);
  });
}

void Wiring::build(int64_t steps) {
  at_section(pipeline, "trainer", [&] {
    TrainerRequest request;
    request.task = task;
    request.batch_size = pipeline.trainer.values.typed().integer("batch_size");
    request.evaluation_rows = kEvaluationRows;
    request.steps_per_epoch = steps;
    request.network = &pipeline.network.values();
    request.feature_label_pixels = label_policy(pipeline);
    trainer->build(device->abi_device(), request);
  });
}

std::string Wiring::probe_dataset_name() const {
  return pipeline.transfer_dataset ? pipeline.transfer_dataset->plugin : pipeline.dataset.plugin;
}

bool Wiring::probes_pretext() const {
  return trainer->score_names.empty() && task.label_source != TWOPASS_LABEL_OF_DATASET;
}

std::string describe(const Wiring& wiring) {
  const pipeline::Pipeline& pipeline = wiring.pipeline;
  const Task& task = wiring.task;
  int64_t parameters = 0;
  for (const Tensor& tensor : wiring.device->persistent())
    if (tensor.buffer()->role == TWOPASS_PARAM) parameters += tensor.rows() * tensor.columns();
  std::string widths, scores = "no scores";
  if (!wiring.trainer->score_names.empty())
    scores = fmt::format("scores {}", fmt::join(wiring.trainer->score_names, ", "));
  for (const Tensor& features : wiring.trainer->features) widths += fmt::format(" -> {}", features.columns());

  const DatasetInfo& shape = wiring.shape;
  std::string text;
  const auto link = [&](const char* kind, const std::string& name, const std::string& offer) {
    text += fmt::format("{:<9} {:<16} {}\n", kind, name, offer);
  };
  link("dataset", pipeline.dataset.plugin,
       fmt::format("u8 {}, {} classes", shape_text(shape), shape.class_names.size()));
  link("pretext", pipeline.pretext.plugin,
       fmt::format("u8 {}, {} classes, {}", shape_text(task), task.class_names.size(),
                   task.maps.empty()
                       ? std::string("a transform of each image")
                       : fmt::format("{} pixel map{}", task.maps.size(), task.maps.size() == 1 ? "" : "s")));
  link("trainer", pipeline.trainer.plugin,
       fmt::format("f32 [{}, {}]{}, {} parameters, {}", wiring.trainer->train_images.rows(),
                   task.channels * task.height * task.width, widths, parameters, scores));
  link("backend", pipeline.backend.plugin,
       fmt::format("{:.0f} MB of tensors before images and features",
                   static_cast<double>(wiring.device->buffer_bytes()) / 1e6));
  link("transfer", wiring.probe_dataset_name(),
       fmt::format("linear probes of {} layers, {} classes", wiring.trainer->features.size(),
                   wiring.probe_classes));
  return text;
}

}  // namespace twopass::run
