#include "run/capabilities.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/device.hpp"
#include "host/instance.hpp"
#include "pipeline/pipeline.hpp"
#include "run/trainer.hpp"
#include "run/wiring.hpp"
#include "twopass/op_table.hpp"

namespace twopass::run {
namespace {

using Json = nlohmann::ordered_json;

Json of_dataset(const host::Plugin& plugin, const twopass_values& values) {
  const DatasetInfo info = host::Dataset(plugin, values).describe();
  return {{"images", shape_text(info)}, {"classes", info.class_names.size()}};
}

Json of_pretext(const host::Plugin& plugin, const twopass_values& values) {
  Json json;
  for (const DatasetInfo& images : {DatasetInfo{1, 28, 28, {"a", "b"}}, DatasetInfo{3, 32, 32, {"a", "b"}}}) {
    Json& made = json["of " + shape_text(images)];
    try {
      const Task task = host::Pretext(plugin, values).negotiate(images);
      const std::string classes = task.label_source == TWOPASS_LABEL_OF_DATASET
                                      ? "the dataset's classes"
                                      : fmt::format("{} classes", task.class_names.size());
      made = fmt::format("{}, {}", classes, task.maps.empty() ? "a transform of each image" : "moves pixels");
      if (shape_text(task) != shape_text(images))
        made =
            fmt::format("{}; cannot run, for it makes {} images", made.get<std::string>(), shape_text(task));
    } catch (const Error& e) {
      made = e.what();
    }
  }
  return json;
}

Json of_trainer(const host::Plugin& plugin, const twopass_values& values) {
  const pipeline::OptionValues network = pipeline::default_network();
  TrainerRequest request;
  request.task = {1, 28, 28, {"a", "b", "c", "d"}, TWOPASS_LABEL_IS_MAP, {}};
  request.batch_size = request.evaluation_rows = request.steps_per_epoch = 1;
  request.network = &network.values();
  host::HostDevice paper;
  Trainer trainer(plugin, values);
  trainer.build(paper.abi_device(), request);
  return {{"local", trainer.local}, {"scores", trainer.score_names}, {"metrics", trainer.metric_names}};
}

Json of_backend(const host::Plugin& plugin, const twopass_values& values) {
  const host::HostDevice device(plugin, values);
  const twopass_backend_info& info = device.info();
  Json types = Json::array(), fused_ops = Json::array();
  for (uint32_t type = TWOPASS_F32; type <= TWOPASS_BF16; ++type)
    if ((info.types >> type & 1) != 0) types.push_back(type_name(type));
  for (const OpDescription& op : kOps)
    if (op.code >= TWOPASS_OP_FIRST_FUSED && (info.fused_ops >> (op.code - TWOPASS_OP_FIRST_FUSED) & 1) != 0)
      fused_ops.push_back(op.name);
  return {{"device", info.device}, {"precision", info.precision}, {"threads", info.threads},
          {"types", types},        {"fused_ops", fused_ops},      {"deterministic", info.deterministic != 0}};
}

}  // namespace

nlohmann::ordered_json capabilities(const host::Plugin& plugin, host::Registry& registry) {
  try {
    const auto kind = static_cast<twopass_kind>(plugin.table->kind);
    const pipeline::Section section = pipeline::plugin_section(kind, plugin.table->name, {}, registry);
    const twopass_values& values = section.values.values();
    switch (kind) {
      case TWOPASS_DATASET:
        return of_dataset(plugin, values);
      case TWOPASS_PRETEXT:
        return of_pretext(plugin, values);
      case TWOPASS_TRAINER:
        return of_trainer(plugin, values);
      case TWOPASS_BACKEND:
        return of_backend(plugin, values);
    }
    return Json::object();
  } catch (const std::exception& e) {
    return {{"unavailable", e.what()}};
  }
}

}  // namespace twopass::run
