#pragma once

#include <array>
#include <string>
#include <vector>

#include "forward_forward/label_pixels.hpp"
#include "twopass/layer.hpp"
#include "twopass/trainer.hpp"

namespace twopass::forward_forward {

// The options of every trainer with a goodness loss, and the values chosen.
struct GoodnessSettings {
  // In the order of twopass_goodness.
  static constexpr std::array<twopass_choice, 3> kGoodness{{
      {"norm", "Euclidean length of a layer's activity (Brenig and Timofte 2023)"},
      {"sum_squares", "sum of the squared activities (Hinton 2022)"},
      {"mean_squares", "mean of the squared activities"},
  }};
  static constexpr std::array<twopass_choice, 3> kReductions{{
      {"goodness", "mean of the layers' goodness"},
      {"mean_squares", "mean of the layers' mean squared activities"},
      {"softmax", "sum of the layers' softmax over the candidate labels"},
  }};
  static constexpr std::array<Option, 6> kOptions{
      choice("goodness", "norm", kGoodness, "What a layer's loss pushes above or below the threshold."),
      number("threshold", "0",
             "Goodness at which a layer is undecided. 0 takes the one that goes with the goodness: 10 for "
             "norm, the "
             "layer's width for sum_squares, 2 for mean_squares.")
          .at_least(0),
      number_list("layer_thresholds", "[]", "One threshold per hidden layer, in place of threshold.")
          .above(0),
      number("label_strength", "1", "Value of the label's pixel, where the images' brightest pixel is 1.")
          .above(0),
      integer_list("score_layers", "[]",
                   "Hidden layers, from 1, that vote on the pretext label. Empty: of those with a goodness "
                   "loss the last three.")
          .at_least(1),
      choice("score_reduction", "goodness", kReductions, "How the layers' votes are joined."),
  };

  explicit GoodnessSettings(const Values& values);

  // One threshold per hidden layer. Throws Error when layer_thresholds has another length.
  std::vector<double> thresholds(const Network& network) const;
  // Indices (from 0) of the voting layers; those before `first_trained` have no goodness loss. Throws Error
  // when score_layers names a layer that is not there.
  std::vector<size_t> voters(const Network& network, size_t first_trained = 0) const;
  // A sentence for each layer from `first_trained` on whose threshold an untrained network is hopelessly far
  // from; usually none.
  std::vector<std::string> warnings(const TrainerTask& task, size_t first_trained = 0) const;

  twopass_goodness goodness = TWOPASS_NORM;
  std::string reduction;
  double label_strength;

 private:
  double threshold_;
  std::vector<double> layer_thresholds_;
  std::vector<int64_t> score_layers_;
};

// The program that scores every candidate label by the goodness that its image reaches. Makes the scores of
// `outputs` and names them: layer1, ..., layerN, combined. Layers before `first_trained` have no goodness
// loss, so they vote only where score_layers names them.
CompiledProgram compile_scores(const TrainerTask& task, const GoodnessSettings& settings,
                               const std::vector<Layer>& layers, const LabelPixels& label_pixels,
                               TrainerOutputs& outputs, size_t first_trained = 0);

// Metrics of a goodness loss: layer1.loss, layer1.goodness_positive, layer1.goodness_negative, layer2.loss,
// ...
std::vector<std::string> goodness_metric_names(const Network& network);
// Adds one layer's batch means to `metrics`; goodness and loss are [2 * batch size, 1], positives above.
void record_goodness_metrics(Program& program, size_t layer, const Tensor& goodness, const Tensor& loss,
                             const Tensor& metrics);

}  // namespace twopass::forward_forward
