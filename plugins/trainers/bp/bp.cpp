// Backpropagation on the network of the Forward-Forward trainer, with the same normalisation, so that the two
// differ in the learning rule alone. Besides cross-entropy on a linear output layer it has the loss ablation
// of the study that twopass repeats (Brenig and Timofte 2023, arXiv:2309.11955): the goodness loss of the
// last layer, or of all layers, differentiated through the whole network, with labels in the pixels as
// Forward-Forward has them.

#include <optional>
#include <vector>

#include "forward_forward/contrast.hpp"
#include "forward_forward/goodness.hpp"
#include "forward_forward/label_pixels.hpp"
#include "twopass/layer.hpp"
#include "twopass/trainer.hpp"

namespace twopass {
namespace {

using namespace forward_forward;

enum class Loss { kCrossEntropy, kGoodnessLast, kGoodnessAll };
constexpr std::array<twopass_choice, 3> kLosses{{
    {"cross_entropy", "softmax cross-entropy of a linear output layer"},
    {"goodness_last", "Forward-Forward's loss of the last hidden layer"},
    {"goodness_all", "Forward-Forward's losses of all hidden layers, added up"},
}};
constexpr std::array<Option, 1> kLossOptions{
    choice("loss", "cross_entropy", kLosses,
           "What is differentiated through the whole network. The goodness and label options count for the "
           "goodness "
           "losses only."),
};

// What a forward pass leaves for the backward one: each layer's normalised input with its scale, and its
// activity. The input of layer 0 is absent under a goodness loss, where it is shared by positives and
// negatives.
struct Forward {
  std::vector<Tensor> inputs, inverses, activities;
};

class Backpropagation : public Trainer {
 public:
  static constexpr auto kOptions =
      join_options(optimizer_options(), kLossOptions, GoodnessSettings::kOptions);
  static std::span<const Option> options() { return kOptions; }

  Backpropagation(const Values& values, const Host& host)
      : host_(host),
        optimizer_(values),
        goodness_(values),
        loss_(static_cast<Loss>(values.choice_index("loss", kLosses))) {}

  TrainerOutputs build(const TrainerTask& task) override {
    hidden_ = task.network.hidden.size();
    return loss_ == Loss::kCrossEntropy ? build_cross_entropy(task) : build_goodness(task);
  }

  void initialize(uint64_t seed) override { initialize_layers(layers_, seed); }

  void begin_epoch(const Epoch& epoch) override {
    first_step_ = epoch.first_step;
    if (contrast_) contrast_->draw_wrong_labels(epoch);
  }

  void step(int64_t step) override {
    std::vector<double> slots = optimizer_.slot_values(first_step_ + step);
    if (contrast_) slots.push_back(contrast_->offset(step));
    step_program_.run(slots);
  }

  void score() override { score_program_.run(); }
  void extract() override { extract_program_.run(); }

 private:
  TrainerOutputs build_cross_entropy(const TrainerTask& task) {
    layers_ = hidden_layers(task, optimizer_);
    layers_.emplace_back(task.device, "layers." + std::to_string(hidden_), task.classes,
                         layers_.back().outputs(), optimizer_);
    TrainerOutputs outputs;
    outputs.metric_names = {"loss"};
    outputs.metrics = task.device.tensor("metrics", TWOPASS_OUTPUT, 1, 1);
    outputs.score_names = {"output"};
    outputs.scores = task.device.tensor("scores", TWOPASS_OUTPUT, task.evaluation_rows(), task.classes);
    outputs.features = make_features(task);
    step_program_ = record_cross_entropy_step(task, outputs.metrics);
    score_program_ = record_scores(task, outputs.scores);
    extract_program_ = compile_features(task, layers_, outputs.features);
    return outputs;
  }

  TrainerOutputs build_goodness(const TrainerTask& task) {
    const size_t first_trained = loss_ == Loss::kGoodnessLast ? hidden_ - 1 : 0;
    for (const std::string& warning : goodness_.warnings(task, first_trained)) host_.warn(warning);
    const LabelPixels label_pixels(task, goodness_.label_strength);
    layers_ = hidden_layers(task, optimizer_);
    contrast_.emplace(task, label_pixels);
    TrainerOutputs outputs;
    outputs.metric_names = goodness_metric_names(task.network);
    outputs.metrics =
        task.device.tensor("metrics", TWOPASS_OUTPUT, 1, static_cast<int64_t>(outputs.metric_names.size()));
    outputs.features = make_features(task);
    score_program_ = compile_scores(task, goodness_, layers_, label_pixels, outputs, first_trained);
    extract_program_ = label_pixels.compile_features(task, layers_, outputs.features);
    // With `goodness_last` the lower layers have no threshold.
    if (loss_ == Loss::kGoodnessAll) outputs.thresholds = goodness_.thresholds(task.network);
    step_program_ = record_goodness_step(task, outputs.metrics);
    return outputs;
  }

  // Normalises `below` into the input of layer `layer`.
  Tensor record_input(Program& program, const Network& network, size_t layer, const Tensor& below,
                      Forward& forward) const {
    Tensor input = program.temp("input", below.rows(), below.columns());
    forward.inverses.push_back(program.temp("inverse", below.rows(), 1));
    program.row_normalize(network.normalization_of(layer), below, input, forward.inverses.back(),
                          network.epsilon);
    forward.inputs.push_back(input);
    return input;
  }

  // The hidden layers from `forward.activities.size()` on.
  void record_hidden(Program& program, const Network& network, Tensor below, Forward& forward) const {
    for (size_t layer = forward.activities.size(); layer < hidden_; ++layer) {
      const Tensor input = record_input(program, network, layer, below, forward);
      below = program.temp("activity", input.rows(), layers_[layer].outputs());
      layers_[layer].record(program, input, below);
      forward.activities.push_back(below);
    }
  }

  Tensor record_logits(Program& program, const TrainerTask& task, const Tensor& images,
                       Forward& forward) const {
    record_hidden(program, task.network, images, forward);
    const Tensor input = record_input(program, task.network, hidden_, forward.activities.back(), forward);
    Tensor logits = program.temp("logits", images.rows(), task.classes);
    layers_.back().record(program, input, logits, TWOPASS_IDENTITY);
    return logits;
  }

  // From the gradient of layer `layer`'s sums to that of the layer below, through the weights as they are.
  Tensor record_gradient_below(Program& program, const Network& network, size_t layer, const Tensor& gradient,
                               const Forward& forward) const {
    const Tensor& weight = layers_[layer].weight();
    Tensor below = program.temp("gradient", gradient.rows(), weight.columns());
    program.gemm({.a = gradient, .b = weight, .out = below});
    program.row_normalize_gradient(network.normalization_of(layer), below, forward.inputs[layer],
                                   forward.inverses[layer], forward.activities[layer - 1], below);
    return below;
  }

  CompiledProgram record_cross_entropy_step(const TrainerTask& task, const Tensor& metrics) const {
    Program program("bp.step");
    const StepSlots slots(program);
    Forward forward;
    const Tensor logits = record_logits(program, task, task.train_images, forward);
    const Tensor loss = program.temp("loss", task.batch_size(), 1);
    Tensor gradient = program.temp("gradient", task.batch_size(), task.classes);
    const double mean = 1.0 / static_cast<double>(task.batch_size());
    program.softmax_cross_entropy(logits, task.train_labels, loss, gradient, mean);
    program.column_reduce(TWOPASS_SUM, loss, metrics, mean, true);

    for (size_t layer = hidden_ + 1; layer-- > 0;) {
      Tensor below;
      if (layer > 0) below = record_gradient_below(program, task.network, layer, gradient, forward);
      layers_[layer].record_update(program, gradient, forward.inputs[layer], slots);
      gradient = below;
    }
    return task.device.compile(program);
  }

  // The gradient of each hidden layer's own loss; absent for layers whose loss does not count.
  std::vector<Tensor> record_goodness_losses(Program& program, const TrainerTask& task,
                                             const Forward& forward, const Tensor& metrics) const {
    const std::vector<double> thresholds = goodness_.thresholds(task.network);
    std::vector<Tensor> gradients(hidden_);
    for (size_t layer = 0; layer < hidden_; ++layer) {
      const Tensor& h = forward.activities[layer];
      const Tensor goodness = program.temp("goodness", h.rows(), 1);
      const Tensor loss = program.temp("loss", h.rows(), 1);
      if (loss_ == Loss::kGoodnessAll || layer + 1 == hidden_)
        gradients[layer] = program.temp("gradient", h.rows(), h.columns());
      program.goodness_loss({.kind = goodness_.goodness,
                             .h = h,
                             .positive_rows = task.batch_size(),
                             .threshold = thresholds[layer],
                             .scale = 1.0 / static_cast<double>(task.batch_size()),
                             .goodness = goodness,
                             .loss = loss,
                             .gradient = gradients[layer]});
      record_goodness_metrics(program, layer, goodness, loss, metrics);
    }
    return gradients;
  }

  CompiledProgram record_goodness_step(const TrainerTask& task, const Tensor& metrics) const {
    Program program("bp.goodness_step");
    const StepSlots slots(program);
    const Contrast::Input pair = contrast_->record_input(program, task.train_images, program.slot());
    const Tensor first = program.temp("activity", 2 * task.batch_size(), task.network.hidden[0]);
    contrast_->record_first_layer(program, pair, layers_[0], first);
    Forward forward{{Tensor()}, {Tensor()}, {first}};
    record_hidden(program, task.network, first, forward);
    const std::vector<Tensor> own = record_goodness_losses(program, task, forward, metrics);

    Tensor gradient = own.back();
    for (size_t layer = hidden_ - 1; layer > 0; --layer) {
      const Tensor below = record_gradient_below(program, task.network, layer, gradient, forward);
      if (own[layer - 1]) program.binary(TWOPASS_ADD, below, own[layer - 1], below);
      layers_[layer].record_update(program, gradient, forward.inputs[layer], slots);
      gradient = below;
    }
    layers_[0].record_update(program, gradient, slots, [&](const Tensor& weight_gradient) {
      contrast_->record_first_gradient(program, pair, gradient, weight_gradient);
    });
    return task.device.compile(program);
  }

  CompiledProgram record_scores(const TrainerTask& task, const Tensor& scores) const {
    Program program("bp.score");
    Forward forward;
    program.copy(record_logits(program, task, task.evaluation_images, forward), scores);
    return task.device.compile(program);
  }

  Host host_;
  OptimizerSettings optimizer_;
  GoodnessSettings goodness_;
  Loss loss_;
  size_t hidden_ = 0;
  int64_t first_step_ = 0;
  std::vector<Layer> layers_;         // the hidden ones; with cross-entropy a linear one on top
  std::optional<Contrast> contrast_;  // of the goodness losses only
  CompiledProgram step_program_, score_program_, extract_program_;
};

}  // namespace
}  // namespace twopass

TWOPASS_PLUGIN(twopass::Backpropagation, "bp", "1.0.0", "Backpropagation through the same network.")
