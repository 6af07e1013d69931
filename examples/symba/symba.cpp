// SymBa (Lee and Song 2023, arXiv:2303.08418): Forward-Forward with one loss for an image with its true label
// and the same image with a wrong one, and no threshold. For each pair and each layer
//
//   L = log(1 + exp(-alpha (G+ - G-)))
//
// where G+ and G- are the layer's goodness of the two. With h the activity, dL/dh = -+ (2 alpha / width)
// sigmoid(-alpha (G+ - G-)) h, of the same size for both: that is the symmetry. Here the goodness is the mean
// of the squared activities, so that alpha fits any width, and the label stands in the first pixels, as the
// trainer `ff` has it; the paper's intrinsic class pattern is left out.

#include <array>
#include <string>
#include <vector>

#include "twopass/layer.hpp"
#include "twopass/trainer.hpp"

namespace {

using namespace twopass;

constexpr std::array kSymBaOptions = {
    number("alpha", "4", "Scale of the difference between the two goodnesses.").above(0).at_most(100),
};

class SymBa : public Trainer {
 public:
  static constexpr auto kOptions = join_options(optimizer_options("1e-3"), kSymBaOptions);
  static std::span<const Option> options() { return kOptions; }

  SymBa(const Values& values, const Host&) : optimizer_(values), alpha_(values.number("alpha")) {}

  TrainerOutputs build(const TrainerTask& task) override {
    task_ = task;
    wrong_labels_ = task.device.tensor("wrong_labels", TWOPASS_INPUT,
                                       task.steps_per_epoch * task.batch_size(), 1, TWOPASS_I32);
    layers_ = hidden_layers(task, optimizer_);
    TrainerOutputs outputs;
    outputs.local = true;
    outputs.features = make_features(task);
    for (size_t layer = 1; layer <= layers_.size(); ++layer)
      outputs.metric_names.push_back("layer" + std::to_string(layer) + ".loss");
    outputs.metrics = task.device.tensor("metrics", TWOPASS_OUTPUT, 1, std::ssize(layers_));
    outputs.score_names = {"combined"};
    outputs.scores = task.device.tensor("scores", TWOPASS_OUTPUT, task.evaluation_rows(), task.classes);
    record_step(outputs.metrics);
    record_score(outputs.scores);
    record_extract(outputs.features);
    return outputs;
  }

  void initialize(uint64_t seed) override { initialize_layers(layers_, seed); }

  void begin_epoch(const Epoch& epoch) override {
    first_step_ = epoch.first_step;
    task_.device.upload(wrong_labels_, wrong_labels(epoch, task_.classes));
  }

  void step(int64_t step) override {
    std::vector<double> slots = optimizer_.slot_values(first_step_ + step);
    slots.push_back(static_cast<double>(step * task_.batch_size()));
    step_.run(slots);
  }
  void score() override { score_.run(); }
  void extract() override { extract_.run(); }

 private:
  // Every layer from `below` up. Calls visit(layer, input, h) after each.
  template <class Visit>
  void record_layers(Program& program, Tensor below, Visit visit) const {
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      const Tensor input = record_input(program, task_.network, layer, below);
      const Tensor h = program.temp("h", below.rows(), layers_[layer].outputs());
      layers_[layer].record(program, input, h);
      visit(layer, input, h);
      below = h;
    }
  }

  void record_step(const Tensor& metrics) {
    Program program("symba.step");
    const StepSlots slots(program);
    const Slot offset = program.slot();
    const int64_t rows = task_.batch_size();
    const double mean = 1.0 / static_cast<double>(rows);
    const auto positive = [&](const Tensor& pairs) { return pairs.row_range(0, rows); };
    const auto negative = [&](const Tensor& pairs) { return pairs.row_range(rows, rows); };
    const Tensor images = program.temp("images", 2 * rows, task_.inputs());
    const Tensor labels = images.column_range(0, task_.classes);
    program.copy(task_.train_images, positive(images));
    program.copy(task_.train_images, negative(images));
    program.one_hot(task_.train_labels, positive(labels));
    program.one_hot(wrong_labels_, negative(labels), 1, 0, offset);

    const Tensor goodness = program.temp("goodness", 2 * rows, 1), loss = program.temp("loss", rows, 1);
    const Tensor difference = program.temp("difference", rows, 1), slope = program.temp("slope", rows, 1);
    record_layers(program, images, [&](size_t layer, const Tensor& input, const Tensor& h) {
      program.goodness_loss({.kind = TWOPASS_MEAN_SQUARES_GOODNESS, .h = h, .goodness = goodness});
      program.binary(TWOPASS_ADD, positive(goodness), negative(goodness), difference, 1, -1);
      program.unary(TWOPASS_SOFTPLUS, difference, loss, -alpha_);
      program.unary(TWOPASS_SIGMOID, difference, slope, -alpha_);
      const Tensor metric = metrics.column_range(static_cast<int64_t>(layer), 1);
      program.column_reduce(TWOPASS_SUM, loss, metric, mean, true);
      const double scale = 2 * alpha_ * mean / static_cast<double>(h.columns());
      const Tensor delta = program.temp("delta", 2 * rows, h.columns());
      program.binary(TWOPASS_MULTIPLY, positive(h), slope, positive(delta), -scale);
      program.binary(TWOPASS_MULTIPLY, negative(h), slope, negative(delta), scale);
      layers_[layer].record_update(program, delta, input, slots);
    });
    step_ = task_.device.compile(program);
  }

  Tensor record_images(Program& program) const {
    const Tensor images = program.temp("images", task_.evaluation_rows(), task_.inputs());
    program.copy(task_.evaluation_images, images);
    return images;
  }

  // A label's score is the goodness of all layers, added up, with that label in the pixels.
  void record_score(const Tensor& scores) {
    Program program("symba.score");
    const Tensor images = record_images(program), goodness = program.temp("goodness", images.rows(), 1);
    program.fill(scores, 0);
    for (int64_t label = 0; label < task_.classes; ++label) {
      program.fill(images.column_range(0, task_.classes), 0);
      program.fill(images.column_range(label, 1), 1);
      record_layers(program, images, [&](size_t, const Tensor&, const Tensor& h) {
        program.goodness_loss({.kind = TWOPASS_MEAN_SQUARES_GOODNESS, .h = h, .goodness = goodness});
        program.binary(TWOPASS_ADD, scores.column_range(label, 1), goodness, scores.column_range(label, 1));
      });
    }
    score_ = task_.device.compile(program);
  }

  // No label is known here: the pipeline's `transfer.label_pixels` says what stands in its place.
  void record_extract(const std::vector<Tensor>& features) {
    Program program("symba.extract");
    const Tensor images = record_images(program), labels = images.column_range(0, task_.classes);
    const bool neutral = task_.feature_label_pixels == TWOPASS_LABEL_NEUTRAL;
    if (task_.feature_label_pixels != TWOPASS_LABEL_KEEP)
      program.fill(labels, neutral ? 1.0 / static_cast<double>(task_.classes) : 0.0);
    record_layers(program, images,
                  [&](size_t layer, const Tensor&, const Tensor& h) { program.copy(h, features[layer]); });
    extract_ = task_.device.compile(program);
  }

  OptimizerSettings optimizer_;
  double alpha_;
  TrainerTask task_;
  std::vector<Layer> layers_;
  Tensor wrong_labels_;  // of a whole epoch
  int64_t first_step_ = 0;
  CompiledProgram step_, score_, extract_;
};

}  // namespace

TWOPASS_PLUGIN(SymBa, "symba", "1.0.0",
               "SymBa: Forward-Forward with one symmetric loss for each pair of labels.")
