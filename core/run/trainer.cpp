#include "run/trainer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

namespace twopass::run {

void Trainer::build(const twopass_device& device, const TrainerRequest& request) {
  const Task& task = request.task;
  const int64_t inputs = task.channels * task.height * task.width;
  const Device handle(device);
  train_images = handle.tensor("train_images", TWOPASS_INPUT, request.batch_size, inputs);
  train_labels = handle.tensor("train_labels", TWOPASS_INPUT, request.batch_size, 1, TWOPASS_I32);
  evaluation_images = handle.tensor("evaluation_images", TWOPASS_INPUT, request.evaluation_rows, inputs);
  const twopass_buffer images = train_images.abi_buffer();
  const twopass_buffer labels = train_labels.abi_buffer();
  const twopass_buffer evaluation = evaluation_images.abi_buffer();

  twopass_trainer_task abi_task{};
  abi_task.struct_size = sizeof abi_task;
  abi_task.class_count = static_cast<int32_t>(task.class_names.size());
  abi_task.channels = task.channels;
  abi_task.height = task.height;
  abi_task.width = task.width;
  abi_task.steps_per_epoch = request.steps_per_epoch;
  abi_task.network = request.network;
  abi_task.device = &device;
  abi_task.train_images = &images;
  abi_task.train_labels = &labels;
  abi_task.evaluation_images = &evaluation;
  abi_task.feature_label_pixels = request.feature_label_pixels;

  twopass_trainer_outputs outputs{};
  outputs.struct_size = sizeof outputs;
  instance_.call(api().build, &abi_task, &outputs);
  take(outputs);
  check_shapes(request);
  check_names("score sets", score_names);
  check_names("metrics", metric_names);
}

void Trainer::fail(const std::string& what) const {
  throw Error(fmt::format("trainer '{}' {}, which is a bug in it", name(), what), TWOPASS_INTERNAL);
}

void Trainer::take(const twopass_trainer_outputs& outputs) {
  const auto require = [&](bool there, const char* what) {
    if (!there) fail(fmt::format("offers no {}", what));
  };
  require(outputs.score_count == 0 || outputs.score_names != nullptr, "names of its scores");
  require(outputs.score_count == 0 || outputs.scores != nullptr, "scores, but names of them");
  require(outputs.score_count > 0 || outputs.scores == nullptr, "names of its scores");
  require(outputs.feature_count > 0 && outputs.features != nullptr, "features");
  require(outputs.metrics != nullptr, "metrics");
  require(outputs.metric_count > 0 && outputs.metric_names != nullptr, "names of its metrics");
  metrics = Tensor(*outputs.metrics);
  local = outputs.local != 0;
  if (outputs.score_count > 0) {
    scores = Tensor(*outputs.scores);
    score_names.assign(outputs.score_names, outputs.score_names + outputs.score_count);
  }
  metric_names.assign(outputs.metric_names, outputs.metric_names + outputs.metric_count);
  for (uint32_t layer = 0; layer < outputs.feature_count; ++layer)
    features.emplace_back(abi::at(outputs.features, layer));
  if (outputs.thresholds != nullptr)
    thresholds.assign(outputs.thresholds, outputs.thresholds + features.size());
}

void Trainer::check_shapes(const TrainerRequest& request) const {
  const auto require = [&](const Tensor& tensor, const std::string& what, int64_t rows, int64_t columns) {
    if (tensor.rows() != rows || tensor.columns() != columns)
      fail(fmt::format("offers {} of shape [{}, {}] where [{}, {}] is due", what, tensor.rows(),
                       tensor.columns(), rows, columns));
  };
  if (scores)
    require(scores, "scores", request.evaluation_rows,
            std::ssize(score_names) * std::ssize(request.task.class_names));
  require(metrics, "metrics", 1, std::ssize(metric_names));
  const std::vector<int64_t> hidden = Network(Values(*request.network)).hidden;
  if (features.size() != hidden.size())
    fail(
        fmt::format("offers features of {} layers where the network has {}", features.size(), hidden.size()));
  std::map<const void*, size_t> layers;
  for (size_t layer = 0; layer < hidden.size(); ++layer) {
    require(features[layer], fmt::format("features of layer {}", layer + 1), request.evaluation_rows,
            hidden[layer]);
    const auto [first, is_new] = layers.try_emplace(features[layer].buffer()->storage, layer);
    if (!is_new)
      fail(
          fmt::format("offers one tensor as the features of layers {} and {}", first->second + 1, layer + 1));
  }
}

void Trainer::check_names(const char* what, const std::vector<std::string>& names) const {
  const std::set<std::string> distinct(names.begin(), names.end());
  if (distinct.size() < names.size())
    fail(fmt::format("gives two {} one name among {}", what, fmt::join(names, ", ")));
}

void Trainer::begin_epoch(uint64_t seed, int64_t epoch, int64_t first_step, int64_t steps,
                          std::span<const int32_t> labels) {
  const twopass_epoch description{sizeof(twopass_epoch), 0, seed, epoch, steps, first_step, labels.data()};
  instance_.call(api().begin_epoch, &description);
}

}  // namespace twopass::run
