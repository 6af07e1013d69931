#include "conformance/toy_training.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "pipeline/pipeline.hpp"

namespace twopass::conformance {
namespace {

constexpr int64_t kPixels = 36, kEvaluationStep = -1;

// Every option of the network at its default, but for small layers.
pipeline::OptionValues small_network() {
  std::vector<pipeline::OptionValue> values = pipeline::default_network().list();
  std::ranges::find(values, "hidden", &pipeline::OptionValue::name)->integers = {12, 10, 8};
  return pipeline::OptionValues(std::move(values));
}

std::vector<int32_t> labels_of(int64_t step, int64_t rows = ToyTraining::kBatch) {
  std::vector<int32_t> labels;
  for (int64_t row = 0; row < rows; ++row)
    labels.push_back(static_cast<int32_t>((row + step + 1) % ToyTraining::kClasses));
  return labels;
}

// Each class has stripes of its own width.
std::vector<float> images_of(int64_t step, int64_t rows = ToyTraining::kBatch) {
  std::mt19937 random(static_cast<uint32_t>(step + 2));
  std::vector<float> pixels;
  for (const int32_t label : labels_of(step, rows))
    for (int64_t pixel = 0; pixel < kPixels; ++pixel) {
      const bool bright = pixel / (label + 1) % 2 == 0;
      const float noise = static_cast<float>(random() % 1000) / 1000.0F;
      pixels.push_back((bright ? 0.6F : 0.0F) + 0.4F * noise);
    }
  return pixels;
}

}  // namespace

ToyTraining::ToyTraining(Subject& subject, std::unique_ptr<host::HostDevice> device)
    : device_(std::move(device)),
      network_(small_network()),
      trainer_(subject.plugin(), subject.values().values()) {
  run::TrainerRequest request;
  request.task = {1, 6, 6, {"a", "b", "c", "d"}, TWOPASS_LABEL_IS_MAP, {}};
  request.batch_size = kBatch;
  request.evaluation_rows = kEvaluationRows;
  request.steps_per_epoch = kEpochSteps;
  request.network = &network_.values();
  trainer_.build(device_->abi_device(), request);
}

void ToyTraining::epoch(int64_t number, int64_t steps) {
  const Device handle = device_->device();
  std::vector<int32_t> labels;
  for (int64_t step = 0; step < kEpochSteps; ++step) {
    const std::vector<int32_t> some = labels_of(number * kEpochSteps + step);
    labels.insert(labels.end(), some.begin(), some.end());
  }
  handle.upload(trainer_.metrics, std::vector<float>(static_cast<size_t>(trainer_.metrics.columns())));
  trainer_.begin_epoch(1, number, number * kEpochSteps, kEpochSteps, labels);
  for (int64_t step = 0; step < steps; ++step) {
    handle.upload(trainer_.train_images, images_of(number * kEpochSteps + step));
    handle.upload(trainer_.train_labels, labels_of(number * kEpochSteps + step));
    trainer_.step(step);
  }
}

ToyTraining::State ToyTraining::state() const {
  State state;
  for (const Tensor& tensor : device_->persistent())
    state.push_back(device_->device().download<float>(tensor));
  return state;
}

void ToyTraining::restore(const State& state) const {
  for (size_t index = 0; index < state.size(); ++index)
    device_->device().upload(device_->persistent()[index], state[index]);
}

double ToyTraining::accuracy() {
  const Device handle = device_->device();
  handle.upload(trainer_.evaluation_images, images_of(kEvaluationStep, kEvaluationRows));
  trainer_.score();
  const std::vector<float> scores = handle.download<float>(trainer_.scores);
  const std::vector<int32_t> labels = labels_of(kEvaluationStep, kEvaluationRows);
  const int64_t columns = trainer_.scores.columns();
  int64_t right = 0;
  for (int64_t row = 0; row < kEvaluationRows; ++row) {
    const auto last = scores.begin() + (row + 1) * columns;
    const auto best = std::max_element(last - kClasses, last) - (last - kClasses);
    right += best == labels[static_cast<size_t>(row)] ? 1 : 0;
  }
  return static_cast<double>(right) / kEvaluationRows;
}

ToyTraining::State ToyTraining::features() {
  const Device handle = device_->device();
  handle.upload(trainer_.evaluation_images, images_of(kEvaluationStep, kEvaluationRows));
  trainer_.extract();
  State state;
  for (const Tensor& layer : trainer_.features) state.push_back(handle.download<float>(layer));
  return state;
}

bool ToyTraining::metrics_are_numbers() const {
  return std::ranges::all_of(device_->device().download<float>(trainer_.metrics),
                             [](float metric) { return std::isfinite(metric); });
}

}  // namespace twopass::conformance
