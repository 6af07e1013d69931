// Training steps of the trainer plugins, in float64, against constants that PyTorch's autograd and Adam
// computed: tests/reference/train_steps.json (provenance inside; made by train_steps.py).

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "small_network.hpp"

namespace twopass::tests {
namespace {

constexpr double kTolerance = 1e-9;

const nlohmann::json& cases() {
  static const nlohmann::json document =
      nlohmann::json::parse(std::ifstream(REFERENCE_FOLDER "/train_steps.json"));
  return document.at("cases");
}

// The reference keeps the first values of large tensors only.
void expect_near(const std::vector<double>& computed, const std::vector<double>& expected,
                 const std::string& what) {
  ASSERT_GE(computed.size(), expected.size()) << what;
  for (size_t index = 0; index < expected.size(); ++index)
    ASSERT_NEAR(computed[index], expected[index], kTolerance) << what << " value " << index;
}

// The reported metrics as the losses that the reference lists: one per layer for Forward-Forward, else one.
std::vector<double> losses_of(const std::vector<double>& metrics, const std::string& method) {
  if (method == "bp_cross_entropy") return metrics;
  const std::vector<double> layers{metrics.at(0), metrics.at(3), metrics.at(6)};
  if (method == "ff") return layers;
  return {method == "bp_goodness_last" ? layers[2] : layers[0] + layers[1] + layers[2]};
}

class TrainSteps : public ::testing::TestWithParam<std::tuple<size_t, bool>> {
 protected:
  const nlohmann::json& expected() const { return cases().at(std::get<0>(GetParam())); }
  bool native_fused() const { return std::get<1>(GetParam()); }
  bool knows_labels() const { return expected().at("negatives") != "hybrid_images"; }

  SmallNetwork make_network() const {
    const std::string method = expected().at("method");
    std::string trainer = "learning_rate: 0.01, weight_decay: " + expected().at("weight_decay").dump();
    if (!expected().at("goodness").is_null())
      trainer += ", goodness: " + expected().at("goodness").get<std::string>() +
                 ", threshold: " + expected().at("theta").dump() +
                 ", label_strength: " + expected().at("label_strength").dump();
    trainer += method == "ff" ? ", plugin: ff, negatives: " + expected().at("negatives").get<std::string>()
                              : ", plugin: bp, loss: " + method.substr(3);
    return SmallNetwork(
        "{batch_size: 6, " + trainer + "}",
        "normalization: " + expected().at("normalization").get<std::string>() + ", epsilon: 1e-5",
        native_fused());
  }
};

TEST_P(TrainSteps, AgreeWithPyTorch) {
  SmallNetwork network = make_network();
  for (int64_t step = 0; step < 3; ++step) {
    expect_near(losses_of(network.step(step), expected().at("method")),
                expected().at("losses").at(static_cast<size_t>(step)),
                "losses of step " + std::to_string(step));
    if (step > 0) continue;
    for (size_t layer = 0; layer < expected().at("gradients").size(); ++layer) {
      const std::string name = "layers." + std::to_string(layer);
      if (expected().at("weight_decay") != 0.0) continue;  // Adam's moment then holds the decay as well
      expect_near(network.gradient(name + ".weight"), expected()["gradients"][layer]["weight"],
                  name + ".weight gradient");
      expect_near(network.gradient(name + ".bias"), expected()["gradients"][layer]["bias"],
                  name + ".bias gradient");
    }
  }
  for (size_t layer = 0; layer < expected().at("parameters").size(); ++layer) {
    const std::string name = "layers." + std::to_string(layer);
    expect_near(network.values(name + ".weight"), expected()["parameters"][layer]["weight"],
                name + ".weight");
    expect_near(network.values(name + ".bias"), expected()["parameters"][layer]["bias"], name + ".bias");
  }
}

TEST_P(TrainSteps, ScoreCandidatesAsPyTorch) {
  SmallNetwork network = make_network();
  EXPECT_EQ(network.trainer().score_names.empty(), !knows_labels());
  if (!knows_labels()) return;
  for (int64_t step = 0; step < 3; ++step) network.step(step);
  SmallNetwork::set(SmallNetwork::values(network.trainer().evaluation_images), images(0));
  network.trainer().score();
  const std::vector<double>& scores = SmallNetwork::values(network.trainer().scores);
  const auto columns = static_cast<size_t>(network.trainer().scores.columns());
  const bool goodness = expected().contains("candidate_goodness");
  const nlohmann::json& blocks =
      goodness ? expected()["candidate_goodness"] : nlohmann::json::array({expected()["logits"]});
  for (size_t block = 0; block < blocks.size(); ++block)
    for (size_t row = 0; row < static_cast<size_t>(kBatch); ++row)
      for (size_t label = 0; label < static_cast<size_t>(kClasses); ++label)
        ASSERT_NEAR(scores.at(row * columns + block * kClasses + label),
                    blocks[block][row][label].get<double>(), kTolerance)
            << "block " << block << " row " << row << " label " << label;
}

// The reported score joins what PyTorch gives for each layer, here all three.
TEST_P(TrainSteps, JoinTheLayersScores) {
  if (!expected().contains("candidate_goodness")) return;  // a single score
  SmallNetwork network = make_network();
  for (int64_t step = 0; step < 3; ++step) network.step(step);
  SmallNetwork::set(SmallNetwork::values(network.trainer().evaluation_images), images(0));
  network.trainer().score();
  const std::vector<double>& scores = SmallNetwork::values(network.trainer().scores);
  const auto columns = static_cast<size_t>(network.trainer().scores.columns());
  const nlohmann::json& layers = expected()["candidate_goodness"];
  const size_t first_voter = expected()["method"] == "bp_goodness_last" ? 2 : 0;  // layers with a loss
  for (size_t row = 0; row < static_cast<size_t>(kBatch); ++row)
    for (size_t label = 0; label < static_cast<size_t>(kClasses); ++label) {
      double sum = 0;
      for (size_t layer = first_voter; layer < 3; ++layer) sum += layers[layer][row][label].get<double>();
      ASSERT_NEAR(scores.at(row * columns + 3 * kClasses + label), sum / static_cast<double>(3 - first_voter),
                  kTolerance);
    }
}

INSTANTIATE_TEST_SUITE_P(All, TrainSteps,
                         ::testing::Combine(::testing::Range(size_t{0}, cases().size()), ::testing::Bool()),
                         [](const auto& test) {
                           std::string name = cases().at(std::get<0>(test.param)).at("name");
                           std::ranges::replace(name, '-', '_');
                           return name + (std::get<1>(test.param) ? "_fused" : "_lowered");
                         });

// By the formulas; the gradient is the one that agrees with PyTorch's.
TEST(OptimizerOptions, ReachTheUpdate) {
  constexpr double kRate = 0.01, kDecay = 0.1;
  const std::string name = "layers.1.weight";
  for (const std::string plugin : {"ff", "bp"}) {
    const auto make = [&](const std::string& options) {
      return std::make_unique<SmallNetwork>(
          "{plugin: " + plugin + ", batch_size: 6, learning_rate: 0.01" + options + "}",
          "normalization: layer_norm");
    };
    const auto plain = make("");
    const std::vector<double> weight = plain->values(name);
    plain->step(0);
    const std::vector<double> gradient = plain->gradient(name);
    const auto sgd = make(", optimizer: sgd");
    sgd->step(0);
    const auto adam =
        make(", beta1: 0.5, beta2: 0.75, adam_epsilon: 0.1, weight_decay: 0.1, decoupled_decay: true");
    adam->step(0);
    for (size_t index = 0; index < gradient.size(); ++index) {
      const double g = gradient[index], w = weight[index];
      ASSERT_NEAR(sgd->values(name)[index], w - kRate * g, kTolerance);
      ASSERT_NEAR(adam->values(name + ".first_moment")[index], 0.5 * g, kTolerance);
      ASSERT_NEAR(adam->values(name + ".second_moment")[index], 0.25 * g * g, kTolerance);
      ASSERT_NEAR(adam->values(name)[index], w - kRate * kDecay * w - kRate * g / (std::abs(g) + 0.1),
                  kTolerance);
    }
  }
}

}  // namespace
}  // namespace twopass::tests
