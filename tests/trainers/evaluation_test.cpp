// Scores and features of the trainers against forward passes written out here, in float64.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "small_network.hpp"

namespace twopass::tests {
namespace {

using Row = std::vector<double>;

constexpr double kEpsilon = 1e-5;
constexpr double kTolerance = 1e-10;

Row layer_norm(Row row) {
  const auto size = static_cast<double>(row.size());
  const double mean = std::accumulate(row.begin(), row.end(), 0.0) / size;
  double variance = 0;
  for (const double value : row) variance += (value - mean) * (value - mean) / size;
  for (double& value : row) value = (value - mean) / std::sqrt(variance + kEpsilon);
  return row;
}

Row relu_layer(SmallNetwork& network, size_t layer, const Row& input) {
  const std::string name = "layers." + std::to_string(layer);
  const Row& weight = network.values(name + ".weight");
  Row out = network.values(name + ".bias");
  for (size_t unit = 0; unit < out.size(); ++unit) {
    for (size_t index = 0; index < input.size(); ++index)
      out[unit] += weight[unit * input.size() + index] * input[index];
    out[unit] = std::max(out[unit], 0.0);
  }
  return out;
}

// Activities of all layers for one image.
std::vector<Row> forward(SmallNetwork& network, const Row& image, bool normalize_input = true) {
  std::vector<Row> activities;
  Row input = normalize_input ? layer_norm(image) : image;
  for (size_t layer = 0; layer < kHidden.size(); ++layer) {
    activities.push_back(relu_layer(network, layer, input));
    input = layer_norm(activities.back());
  }
  return activities;
}

Row image_of(int64_t row) {
  const std::vector<double> all = images(0);
  return {all.begin() + row * kPixels, all.begin() + (row + 1) * kPixels};
}

void expect_features(SmallNetwork& network, const std::function<Row(Row)>& with_label,
                     bool normalize_input = true) {
  SmallNetwork::set(SmallNetwork::values(network.trainer().evaluation_images), images(0));
  network.trainer().extract();
  for (int64_t row = 0; row < kBatch; ++row) {
    const std::vector<Row> expected = forward(network, with_label(image_of(row)), normalize_input);
    for (size_t layer = 0; layer < kHidden.size(); ++layer) {
      const std::vector<double>& features = SmallNetwork::values(network.trainer().features[layer]);
      for (size_t unit = 0; unit < expected[layer].size(); ++unit)
        ASSERT_NEAR(features.at(static_cast<size_t>(row) * expected[layer].size() + unit),
                    expected[layer][unit], kTolerance)
            << "layer " << layer << " row " << row << " unit " << unit;
    }
  }
}

constexpr const char* kForwardForward = "{plugin: ff, batch_size: 6, threshold: 1.5, label_strength: 2}";

TEST(Features, HoldANeutralLabel) {
  SmallNetwork network(kForwardForward, "normalization: layer_norm");
  expect_features(network, [](Row image) {
    std::fill_n(image.begin(), kClasses, 2.0 / kClasses);
    return image;
  });
}

TEST(Features, HoldABlackLabel) {
  SmallNetwork network(kForwardForward, "normalization: layer_norm", true, TWOPASS_LABEL_ZERO);
  expect_features(network, [](Row image) {
    std::fill_n(image.begin(), kClasses, 0.0);
    return image;
  });
}

TEST(Features, KeepTheImagesPixels) {
  SmallNetwork network(kForwardForward, "normalization: layer_norm", true, TWOPASS_LABEL_KEEP);
  expect_features(network, [](Row image) { return image; });
}

TEST(Features, OfAnUnsupervisedNetworkKnowNoLabelPixels) {
  SmallNetwork network("{plugin: ff, batch_size: 6, negatives: hybrid_images}", "normalization: layer_norm");
  expect_features(network, [](Row image) { return image; });
}

TEST(Features, OfBackpropagationKnowNoLabelPixels) {
  SmallNetwork network("{plugin: bp, batch_size: 6}", "normalization: layer_norm");
  expect_features(network, [](Row image) { return image; });
}

TEST(Features, OfAnInputThatIsNotNormalized) {
  SmallNetwork network("{plugin: bp, batch_size: 6}", "normalization: layer_norm, normalize_input: false");
  expect_features(
      network, [](Row image) { return image; }, false);
}

// The combined score of each candidate label from the layers' own scores, which reference_test.cpp checks.
void expect_combined(const std::string& trainer,
                     const std::function<double(const std::vector<Row>&, size_t)>& join) {
  SmallNetwork network("{batch_size: 6, threshold: 1.5, " + trainer + "}", "normalization: layer_norm");
  SmallNetwork::set(SmallNetwork::values(network.trainer().evaluation_images), images(0));
  network.trainer().score();
  const std::vector<double>& scores = SmallNetwork::values(network.trainer().scores);
  for (int64_t row = 0; row < kBatch; ++row) {
    std::vector<Row> blocks;  // three layers, combined
    for (int64_t block = 0; block < 4; ++block) {
      const auto first = scores.begin() + (row * 4 + block) * kClasses;
      blocks.emplace_back(first, first + kClasses);
    }
    for (size_t label = 0; label < static_cast<size_t>(kClasses); ++label)
      ASSERT_NEAR(blocks[3][label], join(blocks, label), kTolerance) << "row " << row << " label " << label;
  }
}

TEST(CombinedScore, IsTheMeanOfTheChosenLayers) {
  expect_combined("plugin: ff, score_layers: [1, 3]", [](const std::vector<Row>& layers, size_t label) {
    return (layers[0][label] + layers[2][label]) / 2;
  });
}

TEST(CombinedScore, IsTheMeanOfMeanSquares) {
  expect_combined(
      "plugin: ff, score_reduction: mean_squares", [](const std::vector<Row>& layers, size_t label) {
        double sum = 0;  // the goodness is the length, so its square over the width is the mean square
        for (size_t layer = 0; layer < 3; ++layer)
          sum += layers[layer][label] * layers[layer][label] / static_cast<double>(kHidden[layer]);
        return sum / 3;
      });
}

TEST(CombinedScore, IsTheSumOfSoftmaxes) {
  expect_combined("plugin: ff, score_reduction: softmax, score_layers: [2, 3]",
                  [](const std::vector<Row>& layers, size_t label) {
                    double sum = 0;
                    for (const size_t layer : {1, 2}) {
                      double all = 0;
                      for (const double score : layers[layer]) all += std::exp(score);
                      sum += std::exp(layers[layer][label]) / all;
                    }
                    return sum;
                  });
}

TEST(CombinedScore, IsOfLayersThatHaveALoss) {
  expect_combined("plugin: bp, loss: goodness_last",
                  [](const std::vector<Row>& layers, size_t label) { return layers[2][label]; });
  expect_combined("plugin: bp, loss: goodness_last, score_layers: [1]",
                  [](const std::vector<Row>& layers, size_t label) { return layers[0][label]; });
  expect_combined("plugin: bp, loss: goodness_all", [](const std::vector<Row>& layers, size_t label) {
    return (layers[0][label] + layers[1][label] + layers[2][label]) / 3;
  });
}

// Which layers vote in the study's network, and in every one of four layers or more.
TEST(CombinedScore, IsOfTheLastThreeOfFourLayers) {
  host::Registry registry({PLUGIN_FOLDER});
  const pipeline::Pipeline pipeline =
      parse("{plugin: ff, batch_size: 6}", "{hidden: [10, 8, 7, 9]}", registry);
  testing::ReferenceDevice reference;
  const twopass_device device = reference.abi_device();
  run::Trainer trainer(registry.load(TWOPASS_TRAINER, "ff"), pipeline.trainer.values.values());
  run::TrainerRequest request;
  request.task = {1, 6, 6, {"a", "b", "c", "d"}, TWOPASS_LABEL_IS_MAP, {}};
  request.batch_size = request.evaluation_rows = kBatch;
  request.steps_per_epoch = 1;
  request.network = &pipeline.network.values();
  trainer.build(device, request);
  trainer.initialize(0);
  SmallNetwork::set(SmallNetwork::values(trainer.evaluation_images), images(0));
  trainer.score();
  constexpr size_t kSets = 5;  // layer1 to layer4, combined
  ASSERT_EQ(trainer.score_names.size(), kSets);
  const std::vector<double>& scores = SmallNetwork::values(trainer.scores);
  for (size_t row = 0; row < kBatch; ++row)
    for (size_t label = 0; label < kClasses; ++label) {
      const auto of = [&](size_t set) { return scores.at((row * kSets + set) * kClasses + label); };
      ASSERT_NEAR(of(4), (of(1) + of(2) + of(3)) / 3, kTolerance);
    }
}

}  // namespace
}  // namespace twopass::tests
