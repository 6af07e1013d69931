#pragma once

// A trainer plugin on the float64 reference device, with the inputs, weights and labels of
// tests/reference/train_steps.py: 6x6 images, 4 classes, hidden layers of 10, 8 and 7 units, batches of 6.

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "host/registry.hpp"
#include "pipeline/pipeline.hpp"
#include "run/trainer.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::tests {

inline constexpr int64_t kBatch = 6, kPixels = 36, kClasses = 4;
inline constexpr std::array<int64_t, 3> kHidden{10, 8, 7};

inline pipeline::Pipeline parse(const std::string& trainer, const std::string& network,
                                host::Registry& registry) {
  return pipeline::parse("name: test\ndataset: fashion_mnist\npretext: rotation\ntrainer: " + trainer +
                             "\nnetwork: " + network + "\n",
                         "test.yaml", {}, registry);
}

inline std::vector<double> images(int64_t step) {
  std::vector<double> values;
  for (int64_t row = 0; row < kBatch; ++row)
    for (int64_t pixel = 0; pixel < kPixels; ++pixel)
      values.push_back(0.5 + 0.5 * std::sin(0.7 * static_cast<double>(row + kBatch * step) +
                                            0.13 * static_cast<double>(pixel * pixel) + 0.3));
  return values;
}

inline std::vector<double> labels(int64_t step) {
  std::vector<double> values;
  for (int64_t row = 0; row < kBatch; ++row) values.push_back(static_cast<double>((row + step) % kClasses));
  return values;
}

inline std::vector<double> wrong_labels(int64_t step) {
  std::vector<double> values = labels(step);
  for (int64_t row = 0; row < kBatch; ++row) {
    auto label = static_cast<int64_t>(values[static_cast<size_t>(row)]);
    label = (label + 1 + (row + step) % 3) % kClasses;
    values[static_cast<size_t>(row)] = static_cast<double>(label);
  }
  return values;
}

inline std::vector<double> masks(int64_t step) {
  std::vector<double> values;
  for (int64_t row = 0; row < kBatch; ++row)
    for (int64_t pixel = 0; pixel < kPixels; ++pixel)
      values.push_back(std::sin(1.1 * static_cast<double>(pixel) + 0.6 * static_cast<double>(row) +
                                static_cast<double>(step)) > 0
                           ? 1
                           : 0);
  return values;
}

inline std::vector<double> partners(int64_t step) {
  std::vector<double> values;
  for (int64_t row = 0; row < kBatch; ++row)
    values.push_back(static_cast<double>((row + 1 + (row + step) % (kBatch - 1)) % kBatch));
  return values;
}

class SmallNetwork {
 public:
  // `trainer` and `network` are YAML mappings; hidden widths are added to `network`.
  SmallNetwork(const std::string& trainer, const std::string& network, bool native_fused = true,
               twopass_label_pixels policy = TWOPASS_LABEL_NEUTRAL)
      : reference_(native_fused),
        registry_({PLUGIN_FOLDER}),
        pipeline_(parse(trainer, "{hidden: [10, 8, 7], " + network + "}", registry_)),
        trainer_(registry_.load(TWOPASS_TRAINER, pipeline_.trainer.plugin),
                 pipeline_.trainer.values.values()) {
    run::TrainerRequest request;
    request.task = {1, 6, 6, {"a", "b", "c", "d"}, TWOPASS_LABEL_IS_MAP, {}};
    request.batch_size = request.evaluation_rows = kBatch;
    request.steps_per_epoch = 1;
    request.feature_label_pixels = policy;
    request.network = &pipeline_.network.values();
    device_ = reference_.abi_device();
    trainer_.build(device_, request);
    trainer_.initialize(0);
    int64_t inputs = kPixels;
    size_t layer = 0;
    for (; layer < kHidden.size(); ++layer) {
      set_layer(layer, kHidden[layer], inputs);
      inputs = kHidden[layer];
    }
    if (has_output_layer()) set_layer(layer, kClasses, inputs);
  }

  // One step as an epoch of its own. Returns the metrics: of this step alone.
  std::vector<double> step(int64_t number) {
    set(values(trainer_.train_images), images(number));
    set(values(trainer_.train_labels), labels(number));
    const std::vector<int32_t> host_labels(kBatch, 0);
    trainer_.begin_epoch(0, number, number, 1, host_labels);
    if (learns_from_hybrids())
      set_hybrids(number);
    else if (!has_output_layer())
      set(reference_.values("wrong_labels"), wrong_labels(number));
    std::ranges::fill(values(trainer_.metrics), 0.0);
    trainer_.step(0);
    return values(trainer_.metrics);
  }

  // Writes in place: compiled programs point into the storage.
  static void set(std::vector<double>& storage, const std::vector<double>& content) {
    ASSERT_EQ(storage.size(), content.size());
    std::ranges::copy(content, storage.begin());
  }
  static std::vector<double>& values(const Tensor& tensor) {
    return testing::ReferenceDevice::values(tensor);
  }
  std::vector<double>& values(const std::string& name) { return reference_.values(name); }
  run::Trainer& trainer() { return trainer_; }

  // A gradient of the first step, from Adam's first moment: m = (1 - beta1) g.
  std::vector<double> gradient(const std::string& parameter) {
    std::vector<double> result = reference_.values(parameter + ".first_moment");
    for (double& value : result) value /= 1 - 0.9;
    return result;
  }

 private:
  bool learns_from_hybrids() const {
    return pipeline_.trainer.plugin == "ff" &&
           pipeline_.trainer.values.typed().choice("negatives") == "hybrid_images";
  }

  // Row r takes mask r of the bank.
  void set_hybrids(int64_t number) {
    std::ranges::copy(masks(number), reference_.values("masks").begin());
    set(reference_.values("mask_choice"), {0, 1, 2, 3, 4, 5});
    set(reference_.values("partners"), partners(number));
  }

  bool has_output_layer() const {
    return pipeline_.trainer.plugin == "bp" &&
           pipeline_.trainer.values.typed().choice("loss") == "cross_entropy";
  }

  void set_layer(size_t layer, int64_t outputs, int64_t inputs) {
    std::vector<double>& weight = reference_.values("layers." + std::to_string(layer) + ".weight");
    std::vector<double>& bias = reference_.values("layers." + std::to_string(layer) + ".bias");
    const auto shift = static_cast<double>(layer);
    for (int64_t out = 0; out < outputs; ++out) {
      const auto o = static_cast<double>(out);
      bias[static_cast<size_t>(out)] = 0.1 * std::cos(1.3 * o + shift);
      for (int64_t in = 0; in < inputs; ++in) {
        const auto i = static_cast<double>(in);
        weight[static_cast<size_t>(out * inputs + in)] =
            1.2 * std::sin(0.9 * o + 0.41 * i * i + 0.17 * o * i + 0.5 * shift) /
            std::sqrt(static_cast<double>(inputs));
      }
    }
  }

  testing::ReferenceDevice reference_;
  host::Registry registry_;
  pipeline::Pipeline pipeline_;
  twopass_device device_{};
  run::Trainer trainer_;
};

}  // namespace twopass::tests
