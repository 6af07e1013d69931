#include "forward_forward/goodness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace twopass::forward_forward {
namespace {

// out [rows, 1] = goodness of h [rows, width].
void record_goodness(Program& program, twopass_goodness kind, const Tensor& h, const Tensor& out) {
  const double scale = kind == TWOPASS_MEAN_SQUARES_GOODNESS ? 1.0 / static_cast<double>(h.columns()) : 1.0;
  const Tensor sum = program.temp("goodness", h.rows(), 1);
  program.row_reduce(TWOPASS_SUM_SQUARES, h, sum, scale);
  program.unary(kind == TWOPASS_NORM ? TWOPASS_SQRT : TWOPASS_IDENTITY, sum, out);
}

// combined += softmax of one layer's candidate scores, row by row.
void record_softmax_vote(Program& program, const Tensor& scores, const Tensor& combined) {
  const Tensor row = program.temp("softmax.row", scores.rows(), 1);
  const Tensor share = program.temp("softmax.share", scores.rows(), scores.columns());
  program.row_reduce(TWOPASS_MAX, scores, row);
  program.binary(TWOPASS_ADD, scores, row, share, 1, -1);
  program.unary(TWOPASS_EXP, share, share);
  program.row_reduce(TWOPASS_SUM, share, row);
  program.binary(TWOPASS_DIVIDE, share, row, share);
  program.binary(TWOPASS_ADD, combined, share, combined);
}

}  // namespace

GoodnessSettings::GoodnessSettings(const Values& values)
    : goodness(static_cast<twopass_goodness>(values.choice_index("goodness", kGoodness))),
      reduction(values.choice("score_reduction")),
      label_strength(values.number("label_strength")),
      threshold_(values.number("threshold")),
      layer_thresholds_(values.numbers("layer_thresholds")),
      score_layers_(values.integers("score_layers")) {}

std::vector<double> GoodnessSettings::thresholds(const Network& network) const {
  if (!layer_thresholds_.empty()) {
    if (layer_thresholds_.size() != network.hidden.size())
      throw Error(fmt::format("layer_thresholds has {} entries for {} hidden layers; give one per layer",
                              layer_thresholds_.size(), network.hidden.size()),
                  TWOPASS_INVALID_ARGUMENT, "layer_thresholds");
    return layer_thresholds_;
  }
  std::vector<double> result;
  for (const int64_t width : network.hidden) {
    double matching = 10;
    if (goodness == TWOPASS_SUM_SQUARES_GOODNESS) matching = static_cast<double>(width);
    if (goodness == TWOPASS_MEAN_SQUARES_GOODNESS) matching = 2;
    result.push_back(threshold_ > 0 ? threshold_ : matching);
  }
  return result;
}

std::vector<size_t> GoodnessSettings::voters(const Network& network, size_t first_trained) const {
  const size_t count = network.hidden.size();
  std::vector<size_t> result;
  if (score_layers_.empty())
    for (size_t layer = std::max(first_trained, count > 3 ? count - 3 : 0); layer < count; ++layer)
      result.push_back(layer);
  for (const int64_t layer : score_layers_) {
    if (layer > static_cast<int64_t>(count))
      throw Error(
          fmt::format("score_layers names layer {}, but the network has {} hidden layers", layer, count),
          TWOPASS_INVALID_ARGUMENT, "score_layers");
    const auto index = static_cast<size_t>(layer - 1);
    if (std::ranges::count(result, index) > 0)
      throw Error(fmt::format("score_layers names layer {} twice", layer), TWOPASS_INVALID_ARGUMENT,
                  "score_layers");
    result.push_back(index);
  }
  return result;
}

std::vector<std::string> GoodnessSettings::warnings(const TrainerTask& task, size_t first_trained) const {
  // Weights and biases are uniform in +-1/sqrt(inputs), so an input of mean square q gives activities of mean
  // square (q + 1/inputs) / 6.
  std::vector<std::string> result;
  const std::vector<double> chosen = thresholds(task.network);
  int64_t inputs = task.inputs();
  for (size_t layer = 0; layer < chosen.size(); ++layer) {
    const auto width = static_cast<double>(task.network.hidden[layer]);
    const twopass_normalization kind = task.network.normalization_of(layer);
    const double bias_square = 1.0 / static_cast<double>(inputs);
    const double input_square = kind == TWOPASS_UNIT_LENGTH ? 1.0 / static_cast<double>(inputs) : 1.0;
    double expected = (input_square + bias_square) / 6;
    if (goodness != TWOPASS_MEAN_SQUARES_GOODNESS) expected *= width;
    if (goodness == TWOPASS_NORM) expected = std::sqrt(expected);
    if (layer >= first_trained && kind != TWOPASS_NORMALIZE_NONE &&
        (chosen[layer] > 20 * expected || chosen[layer] < expected / 20))
      result.push_back(fmt::format(
          "layer {} starts with a goodness near {:.3g}, far from its threshold {:g}; such layers often never "
          "start to learn: check goodness, threshold and normalization",
          layer + 1, expected, chosen[layer]));
    inputs = task.network.hidden[layer];
  }
  return result;
}

std::vector<std::string> goodness_metric_names(const Network& network) {
  std::vector<std::string> names;
  for (size_t layer = 1; layer <= network.hidden.size(); ++layer)
    for (const char* metric : {"loss", "goodness_positive", "goodness_negative"})
      names.push_back("layer" + std::to_string(layer) + "." + metric);
  return names;
}

void record_goodness_metrics(Program& program, size_t layer, const Tensor& goodness, const Tensor& loss,
                             const Tensor& metrics) {
  const int64_t batch_size = goodness.rows() / 2;
  const auto add = [&](const Tensor& values, size_t metric) {
    program.column_reduce(TWOPASS_SUM, values,
                          metrics.column_range(static_cast<int64_t>(3 * layer + metric), 1),
                          1.0 / static_cast<double>(batch_size), true);
  };
  add(loss, 0);
  add(goodness.row_range(0, batch_size), 1);
  add(goodness.row_range(batch_size, batch_size), 2);
}

CompiledProgram compile_scores(const TrainerTask& task, const GoodnessSettings& settings,
                               const std::vector<Layer>& layers, const LabelPixels& label_pixels,
                               TrainerOutputs& outputs, size_t first_trained) {
  const int64_t rows = task.evaluation_rows();
  const Network& network = task.network;
  const size_t depth = network.hidden.size();
  const std::vector<size_t> voters = settings.voters(network, first_trained);
  for (size_t layer = 1; layer <= depth; ++layer)
    outputs.score_names.push_back("layer" + std::to_string(layer));
  outputs.score_names.emplace_back("combined");
  outputs.scores = task.device.tensor("scores", TWOPASS_OUTPUT, rows,
                                      static_cast<int64_t>(outputs.score_names.size()) * task.classes);
  const auto block = [&](size_t set) {
    return outputs.scores.column_range(static_cast<int64_t>(set) * task.classes, task.classes);
  };

  Program program("score");
  const LabelPixels::Base base = label_pixels.record_base(program, task.evaluation_images);
  const Tensor shared = program.temp("shared", rows, network.hidden[0]);
  label_pixels.record_shared_product(program, base, layers[0], shared);
  std::vector<Tensor> activities;
  for (const int64_t width : network.hidden) activities.push_back(program.temp("activity", rows, width));
  const Tensor vote = program.temp("vote", rows, 1);

  program.fill(block(depth), 0);
  for (int64_t label = 0; label < task.classes; ++label) {
    program.copy(shared, activities[0]);
    program.gemm({.a = base.on,
                  .b = layers[0].weight().column_range(label, 1),
                  .out = activities[0],
                  .transpose_b = true,
                  .beta = 1,
                  .activation = TWOPASS_RELU});
    for (size_t layer = 0; layer < depth; ++layer) {
      const Tensor& h = activities[layer];
      const Tensor score = block(layer).column_range(label, 1);
      record_goodness(program, settings.goodness, h, score);
      if (settings.reduction != "softmax" && std::ranges::count(voters, layer) > 0) {
        const bool squares = settings.reduction == "mean_squares";
        const Tensor combined = block(depth).column_range(label, 1);
        if (squares) record_goodness(program, TWOPASS_MEAN_SQUARES_GOODNESS, h, vote);
        program.binary(TWOPASS_ADD, combined, squares ? vote : score, combined, 1,
                       1.0 / static_cast<double>(voters.size()));
      }
      if (layer + 1 == depth) break;
      program.row_normalize(network.normalization_of(layer + 1), h, h, Tensor(), network.epsilon);
      layers[layer + 1].record(program, h, activities[layer + 1]);
    }
  }
  if (settings.reduction == "softmax")
    for (const size_t layer : voters) record_softmax_vote(program, block(layer), block(depth));
  return task.device.compile(program);
}

}  // namespace twopass::forward_forward
