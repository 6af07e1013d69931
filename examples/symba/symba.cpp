// SymBa (Lee and Song 2023, arXiv:2303.08418): Forward-Forward with one loss for an image with its true label
// and the same image with a wrong one, and no threshold. For each pair and each layer
//
//   L = log(1 + exp(-alpha (G+ - G-)))
//
// where G+ and G- are the layer's goodness of the two. Both gradients have the same size, whatever the
// goodness: that is the symmetry. Here the goodness is the mean of the squared activities, so that alpha fits
// any width, and the label stands in the first pixels, as the trainer `ff` has it; the paper's intrinsic
// class pattern is left out.
//
// With h the activity, dL/dh = -+ (2 alpha / width) sigmoid(-alpha (G+ - G-)) h, which is zero where ReLU is
// off.

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "twopass/trainer.hpp"

namespace {

using namespace twopass;

constexpr std::array kOptions = {
    number("learning_rate", "1e-3", "Adam's step size, the same over the whole run.").above(0).at_most(1),
    number("alpha", "4", "Scale of the difference between the two goodnesses.").above(0).at_most(100),
};

// A matrix [outputs, inputs] with Adam's two moments.
struct Weights {
  Tensor value, first, second;
};

class SymBa : public Trainer {
 public:
  static std::span<const Option> options() { return kOptions; }

  SymBa(const Values& values, const Host&)
      : learning_rate_(values.number("learning_rate")), alpha_(values.number("alpha")) {}

  TrainerOutputs build(const TrainerTask& task) override {
    if (task.classes < 2 || task.classes > task.inputs())
      throw Error("symba writes the label over the first pixels: it takes 2 to " +
                  std::to_string(task.inputs()) + " classes of such images, not " +
                  std::to_string(task.classes));
    device_ = task.device;
    classes_ = task.classes;
    wrong_ = device_.tensor("wrong_labels", TWOPASS_INPUT, task.steps_per_epoch * task.batch_size(), 1,
                            TWOPASS_I32);
    TrainerOutputs outputs;
    outputs.local = true;
    int64_t inputs = task.inputs();
    for (const int64_t width : task.network.hidden) {
      const std::string layer = "layers." + std::to_string(layers_.size());
      layers_.push_back({device_.tensor(layer + ".weight", TWOPASS_PARAM, width, inputs),
                         device_.tensor(layer + ".first_moment", TWOPASS_STATE, width, inputs),
                         device_.tensor(layer + ".second_moment", TWOPASS_STATE, width, inputs)});
      const std::string name = "layer" + std::to_string(layers_.size());
      outputs.metric_names.push_back(name + ".loss");
      outputs.features.push_back(device_.tensor(name, TWOPASS_OUTPUT, task.evaluation_rows(), width));
      inputs = width;
    }
    outputs.score_names = {"combined"};
    outputs.scores = device_.tensor("scores", TWOPASS_OUTPUT, task.evaluation_rows(), classes_);
    outputs.metrics = device_.tensor("metrics", TWOPASS_OUTPUT, 1, static_cast<int64_t>(layers_.size()));
    record_step(task, outputs.metrics);
    record_evaluation(task, outputs);
    return outputs;
  }

  void initialize(uint64_t seed) override {
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      const Tensor& weight = layers_[layer].value;
      std::vector<float> values(static_cast<size_t>(weight.rows() * weight.columns()));
      device_.upload(layers_[layer].first, values);
      device_.upload(layers_[layer].second, values);
      const float bound = 1 / std::sqrt(static_cast<float>(weight.columns()));
      Random random(seed, Purpose::kInitialWeights, layer);
      for (float& value : values) value = random.uniform(-bound, bound);
      device_.upload(weight, values);
    }
  }

  // Uniform over the labels that are not the image's own.
  void begin_epoch(const Epoch& epoch) override {
    first_step_ = epoch.first_step;
    Random random(epoch.seed, Purpose::kWrongLabel, static_cast<uint64_t>(epoch.epoch));
    std::vector<int32_t> wrong;
    for (const int32_t label : epoch.labels) {
      const auto other = static_cast<int32_t>(random.below(static_cast<uint32_t>(classes_ - 1)));
      wrong.push_back(other < label ? other : other + 1);
    }
    device_.upload(wrong_, wrong);
  }

  void step(int64_t step) override {
    step_.run({learning_rate_, static_cast<double>(first_step_ + step + 1),
               static_cast<double>(step * batch_size_)});
  }
  void score() override { score_.run(); }
  void extract() override { extract_.run(); }

 private:
  // Every layer from `below` up: h = relu(input W^T). Calls visit(layer, input, h) after each.
  template <class Visit>
  void record_layers(Program& program, const TrainerTask& task, Tensor below, Visit visit) const {
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      const Tensor& weight = layers_[layer].value;
      const Tensor input = program.temp("input", below.rows(), below.columns());
      const Tensor h = program.temp("h", below.rows(), weight.rows());
      program.row_normalize(task.network.normalization_of(layer), below, input, Tensor(),
                            task.network.epsilon);
      program.gemm({.a = input, .b = weight, .out = h, .transpose_b = true, .activation = TWOPASS_RELU});
      visit(layer, input, h);
      below = h;
    }
  }

  static void record_goodness(Program& program, const Tensor& h, const Tensor& goodness) {
    program.row_reduce(TWOPASS_SUM_SQUARES, h, goodness, 1.0 / static_cast<double>(h.columns()));
  }

  void record_step(const TrainerTask& task, const Tensor& metrics) {
    Program program("symba.step");
    const Slot rate = program.slot(), number = program.slot(), offset = program.slot();
    const int64_t rows = batch_size_ = task.batch_size();
    const double mean = 1.0 / static_cast<double>(rows);
    const auto positive = [&](const Tensor& pairs) { return pairs.row_range(0, rows); };
    const auto negative = [&](const Tensor& pairs) { return pairs.row_range(rows, rows); };
    const Tensor pairs = program.temp("pairs", 2 * rows, task.inputs());
    program.copy(task.train_images, positive(pairs));
    program.copy(task.train_images, negative(pairs));
    program.one_hot(task.train_labels, positive(pairs).column_range(0, classes_));
    program.one_hot(wrong_, negative(pairs).column_range(0, classes_), 1, 0, offset);

    const Tensor goodness = program.temp("goodness", 2 * rows, 1);
    const Tensor difference = program.temp("difference", rows, 1);  // G+ - G-
    const Tensor loss = program.temp("loss", rows, 1);
    const Tensor slope = program.temp("slope", rows, 1);
    record_layers(program, task, pairs, [&](size_t layer, const Tensor& input, const Tensor& h) {
      const auto& [weight, first, second] = layers_[layer];
      record_goodness(program, h, goodness);
      program.binary(TWOPASS_ADD, positive(goodness), negative(goodness), difference, 1, -1);
      program.unary(TWOPASS_SOFTPLUS, difference, loss, -alpha_);
      program.unary(TWOPASS_SIGMOID, difference, slope, -alpha_);
      program.column_reduce(TWOPASS_SUM, loss, metrics.column_range(static_cast<int64_t>(layer), 1), mean,
                            true);
      const double scale = 2 * alpha_ * mean / static_cast<double>(h.columns());
      const Tensor delta = program.temp("delta", 2 * rows, h.columns());
      program.binary(TWOPASS_MULTIPLY, positive(h), slope, positive(delta), -scale);
      program.binary(TWOPASS_MULTIPLY, negative(h), slope, negative(delta), scale);
      const Tensor gradient = program.temp("gradient", weight.rows(), weight.columns());
      program.gemm({.a = delta, .b = input, .out = gradient, .transpose_a = true});
      program.optimizer({TWOPASS_ADAM, gradient, weight, first, second, rate, number});
    });
    step_ = device_.compile(program);
  }

  // Scores: the goodness of all layers, added up, with the candidate label in the pixels. Features: the
  // layers' activities, with the label pixels that the pipeline asks for.
  void record_evaluation(const TrainerTask& task, const TrainerOutputs& outputs) {
    Program score("symba.score"), extract("symba.extract");
    const auto images = [&](Program& program) {
      const Tensor copy = program.temp("images", task.evaluation_rows(), task.inputs());
      program.copy(task.evaluation_images, copy);
      return copy;
    };
    const Tensor labelled = images(score), goodness = score.temp("goodness", labelled.rows(), 1);
    score.fill(outputs.scores, 0);
    for (int64_t label = 0; label < classes_; ++label) {
      const Tensor sum = outputs.scores.column_range(label, 1);
      score.fill(labelled.column_range(0, classes_), 0);
      score.fill(labelled.column_range(label, 1), 1);
      record_layers(score, task, labelled, [&](size_t, const Tensor&, const Tensor& h) {
        record_goodness(score, h, goodness);
        score.binary(TWOPASS_ADD, sum, goodness, sum);
      });
    }
    const Tensor plain = images(extract);
    const bool neutral = task.feature_label_pixels == TWOPASS_LABEL_NEUTRAL;
    if (task.feature_label_pixels != TWOPASS_LABEL_KEEP)
      extract.fill(plain.column_range(0, classes_), neutral ? 1.0 / static_cast<double>(classes_) : 0.0);
    record_layers(extract, task, plain, [&](size_t layer, const Tensor&, const Tensor& h) {
      extract.copy(h, outputs.features[layer]);
    });
    score_ = device_.compile(score);
    extract_ = device_.compile(extract);
  }

  double learning_rate_, alpha_;
  Device device_;
  int64_t classes_ = 0, batch_size_ = 0, first_step_ = 0;
  std::vector<Weights> layers_;
  Tensor wrong_;  // of a whole epoch
  CompiledProgram step_, score_, extract_;
};

}  // namespace

TWOPASS_PLUGIN(SymBa, "symba", "1.0.0",
               "SymBa: Forward-Forward with one symmetric loss for each pair of labels.")
