#include "run/insight.hpp"

#include <fmt/format.h>

#include "run/batches.hpp"
#include "run/dead_units.hpp"
#include "run/effective_rank.hpp"
#include "run/features.hpp"
#include "run/stop.hpp"

namespace twopass::run {
namespace {

// `count` rows evenly spread over the images; those that fill up the last batch repeat the first.
Order sample_order(const ImagesInMemory& images, int64_t count, int64_t batch) {
  Order order;
  for (int64_t index = 0; index < count; ++index)
    order.rows.push_back(static_cast<int32_t>(index * images.count / count));
  const auto padded = static_cast<size_t>(whole_batches(count, batch));
  order.rows.resize(padded, 0);
  order.maps.assign(padded, 0);
  order.labels.assign(padded, -1);
  return order;
}

}  // namespace

nlohmann::json measure_layers(Wiring& wiring, const ImagesInMemory& test, int64_t count) {
  Trainer& trainer = *wiring.trainer;
  host::HostDevice::Scope scope(*wiring.device);
  const Device device = scope.device();
  const int64_t batch = trainer.evaluation_images.rows();
  Order order = sample_order(test, count, batch);
  const auto rows = static_cast<int64_t>(order.rows.size());
  Batches batches(device, test, nullptr, nullptr, trainer.evaluation_images, Tensor(), rows);
  const FeatureStore store(device, "insight", TWOPASS_F32, trainer.features, rows);
  const FeatureWriter writer(device, trainer.features, feature_normalization(wiring.pipeline), store);
  DeadUnits dead_units(device, trainer.features);

  batches.begin_pass(order);
  dead_units.start();
  for (int64_t first = 0; first < rows; first += batch) {
    throw_if_stopped();
    batches.load(first);
    trainer.extract();
    dead_units.look();
    writer.write(first);
  }
  const std::vector<float> features = device.download<float>(store.features());
  const std::vector<double> dead = dead_units.shares();
  nlohmann::json layers;
  for (size_t layer = 0; layer < dead.size(); ++layer) {
    const Tensor block = store.block(store.features(), layer);
    layers[fmt::format("layer{}", layer + 1)] = {
        {"effective_rank", effective_rank(features, count, block.stride(), block.first(), block.columns())},
        {"dead_units", dead[layer]}};
  }
  return layers;
}

void add_goodness(nlohmann::json& layers, const std::vector<double>& thresholds,
                  const nlohmann::json& train) {
  for (size_t layer = 0; layer < thresholds.size(); ++layer)
    layers[fmt::format("layer{}", layer + 1)]["threshold"] = thresholds[layer];
  for (auto& [name, layer] : layers.items()) {
    const std::string positive = name + ".goodness_positive", negative = name + ".goodness_negative";
    if (train.contains(positive) && train.contains(negative))
      layer["goodness_gap"] = train[positive].get<double>() - train[negative].get<double>();
  }
}

}  // namespace twopass::run
