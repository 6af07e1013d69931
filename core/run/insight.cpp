#include "run/insight.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run/effective_rank.hpp"
#include "run/stop.hpp"

namespace twopass::run {
namespace {

std::vector<int64_t> widths_of(const std::vector<Tensor>& layers) {
  std::vector<int64_t> widths;
  for (const Tensor& layer : layers) widths.push_back(layer.columns());
  return widths;
}

// `count` rows evenly spread over the images; those that fill up the last batch repeat the first.
Order sample_order(const ImagesInMemory& images, int64_t count, int64_t batch) {
  Order order;
  for (int64_t index = 0; index < count; ++index)
    order.rows.push_back(static_cast<int32_t>(index * images.count / count));
  const auto padded = static_cast<size_t>((count + batch - 1) / batch * batch);
  order.rows.resize(padded, 0);
  order.maps.assign(padded, 0);
  order.labels.assign(padded, -1);
  return order;
}

}  // namespace

LayerInsight::LayerInsight(Wiring& wiring, const ImagesInMemory& test)
    : trainer_(wiring.trainer.get()),
      scope_(*wiring.device),
      device_(scope_.device()),
      images_(std::min(test.count, kImages)),
      order_(sample_order(test, images_, trainer_->evaluation_images.rows())),
      batches_(device_, test, nullptr, nullptr, trainer_->evaluation_images, Tensor(),
               static_cast<int64_t>(order_.rows.size())),
      store_(device_, "insight", TWOPASS_F32, widths_of(trainer_->features),
             static_cast<int64_t>(order_.rows.size())),
      writer_(device_, trainer_->features, feature_normalization(wiring.pipeline), store_),
      dead_units_(device_, trainer_->features) {
  batches_.begin_pass(order_);
}

nlohmann::json LayerInsight::measure() {
  dead_units_.start();
  for (int64_t first = 0; first < store_.features().rows(); first += trainer_->evaluation_images.rows()) {
    throw_if_stopped();
    batches_.load(first);
    trainer_->extract();
    dead_units_.look();
    writer_.write(first);
  }
  const std::vector<float> features = device_.download<float>(store_.features());
  const std::vector<double> dead = dead_units_.shares();
  nlohmann::json layers;
  int64_t column = 0;
  for (size_t layer = 0; layer < dead.size(); ++layer) {
    const int64_t width = store_.widths()[layer];
    layers[fmt::format("layer{}", layer + 1)] = {
        {"effective_rank", effective_rank(features, images_, store_.features().columns(), column, width)},
        {"dead_units", dead[layer]}};
    column += width;
  }
  return layers;
}

void add_goodness_gaps(nlohmann::json& layers, const nlohmann::json& train) {
  for (auto& [name, layer] : layers.items()) {
    const std::string positive = name + ".goodness_positive", negative = name + ".goodness_negative";
    if (train.contains(positive) && train.contains(negative))
      layer["goodness_gap"] = train[positive].get<double>() - train[negative].get<double>();
  }
}

}  // namespace twopass::run
