// Forward-Forward (Hinton 2022, arXiv:2212.13345): every layer learns on its own to be active for an image
// with its true label and quiet for the same image with a wrong one; or, without any labels, active for an
// image and quiet for a hybrid of two. Defaults are those of the study that twopass repeats (Brenig and
// Timofte 2023, arXiv:2309.11955).

#include <algorithm>
#include <optional>
#include <vector>

#include "forward_forward/contrast.hpp"
#include "forward_forward/goodness.hpp"
#include "forward_forward/hybrid_images.hpp"
#include "forward_forward/label_pixels.hpp"
#include "twopass/layer.hpp"
#include "twopass/trainer.hpp"

namespace twopass {
namespace {

using namespace forward_forward;

constexpr std::array<twopass_choice, 2> kNegatives{{
    {"wrong_label", "the same image with a wrong label in its first pixels"},
    {"hybrid_images", "two images mixed by a mask of patches; no labels anywhere (Hinton 2022)"},
}};
constexpr std::array<Option, 2> kNegativeOptions{
    choice("negatives", "wrong_label", kNegatives,
           "What layers shall be quiet for. With hybrid_images no option of labels and scores counts."),
    integer("mask_blurs", "6",
            "How often the random bits of a hybrid image's mask are blurred: more make larger patches.")
        .at_least(0)
        .at_most(20),  // 50 make some masks of 28x28 all one, and so negatives of untouched images
};

class ForwardForward : public Trainer {
 public:
  static constexpr auto kOptions =
      join_options(optimizer_options(), kNegativeOptions, GoodnessSettings::kOptions);
  static std::span<const Option> options() { return kOptions; }

  ForwardForward(const Values& values, const Host& host)
      : host_(host),
        optimizer_(values),
        goodness_(values),
        labelled_(values.choice("negatives") == "wrong_label"),
        mask_blurs_(values.integer("mask_blurs")) {}

  TrainerOutputs build(const TrainerTask& task) override {
    for (const std::string& warning : goodness_.warnings(task)) host_.warn(warning);
    layers_ = hidden_layers(task, optimizer_);
    TrainerOutputs outputs;
    outputs.metric_names = goodness_metric_names(task.network);
    outputs.metrics =
        task.device.tensor("metrics", TWOPASS_OUTPUT, 1, static_cast<int64_t>(outputs.metric_names.size()));
    outputs.thresholds = goodness_.thresholds(task.network);
    outputs.local = true;
    outputs.features = make_features(task);
    if (labelled_) {
      const LabelPixels label_pixels(task, goodness_.label_strength);
      contrast_.emplace(task, label_pixels);
      score_program_ = compile_scores(task, goodness_, layers_, label_pixels, outputs);
      extract_program_ = label_pixels.compile_features(task, layers_, outputs.features);
    } else {
      hybrids_.emplace(task, mask_blurs_);
      extract_program_ = compile_features(task, layers_, outputs.features);
    }
    step_program_ = record_step(task, outputs);
    return outputs;
  }

  void initialize(uint64_t seed) override { initialize_layers(layers_, seed); }

  void begin_epoch(const Epoch& epoch) override {
    first_step_ = epoch.first_step;
    if (labelled_)
      contrast_->draw_wrong_labels(epoch);
    else
      hybrids_->draw(epoch);
  }

  void step(int64_t step) override {
    std::vector<double> slots = optimizer_.slot_values(first_step_ + step);
    slots.push_back(labelled_ ? contrast_->offset(step) : hybrids_->offset(step));
    step_program_.run(slots);
  }

  void score() override { score_program_.run(); }
  void extract() override { extract_program_.run(); }

 private:
  CompiledProgram record_step(const TrainerTask& task, const TrainerOutputs& outputs) const {
    Program program("ff.step");
    const StepSlots slots(program);
    const Slot offset = program.slot();
    const int64_t rows = 2 * task.batch_size();
    const int64_t widest = *std::ranges::max_element(task.network.hidden);
    // A layer is updated as soon as it has run, so the memory of two activities serves any depth.
    const Tensor activities[2] = {program.temp("activity", rows, widest),
                                  program.temp("activity", rows, widest)};
    const Tensor gradients = program.temp("gradient", rows, widest);
    const Tensor goodness = program.temp("goodness", rows, 1);
    const Tensor loss = program.temp("loss", rows, 1);

    Contrast::Input pair;  // what the first layer's labelled images share
    Tensor input;
    if (labelled_)
      pair = contrast_->record_input(program, task.train_images, offset);
    else
      input = hybrids_->record_input(program, offset);
    for (size_t layer = 0; layer < task.network.hidden.size(); ++layer) {
      const Layer& target = layers_[layer];
      const int64_t width = target.outputs();
      const Tensor h = activities[layer % 2].column_range(0, width);
      const Tensor gradient = gradients.column_range(0, width);
      const bool shared = layer == 0 && labelled_;
      if (shared)
        contrast_->record_first_layer(program, pair, target, h);
      else
        target.record(program, input, h);
      program.goodness_loss({.kind = goodness_.goodness,
                             .h = h,
                             .positive_rows = task.batch_size(),
                             .threshold = outputs.thresholds[layer],
                             .scale = 1.0 / static_cast<double>(task.batch_size()),
                             .goodness = goodness,
                             .loss = loss,
                             .gradient = gradient});
      // Ops that a backend can join follow each other: those that go by rows, and the weight gradient's
      // products with the update. The input of this layer lies in the other of the two activities.
      if (layer + 1 < task.network.hidden.size())
        program.row_normalize(task.network.normalization_of(layer + 1), h, h, Tensor(), task.network.epsilon);
      record_goodness_metrics(program, layer, goodness, loss, outputs.metrics);
      // The gradient is a multiple of the activity in each row, so it is zero where ReLU is off: no mask.
      if (shared)
        target.record_update(program, gradient, slots, [&](const Tensor& weight_gradient) {
          contrast_->record_first_gradient(program, pair, gradient, weight_gradient);
        });
      else
        target.record_update(program, gradient, input, slots);
      input = h;
    }
    return task.device.compile(program);
  }

  Host host_;
  OptimizerSettings optimizer_;
  GoodnessSettings goodness_;
  bool labelled_;
  int64_t mask_blurs_;
  int64_t first_step_ = 0;
  std::vector<Layer> layers_;
  std::optional<Contrast> contrast_;     // of wrong labels only
  std::optional<HybridImages> hybrids_;  // of hybrid images only
  CompiledProgram step_program_, extract_program_;
  CompiledProgram score_program_;  // without labels there are no scores
};

}  // namespace
}  // namespace twopass

TWOPASS_PLUGIN(twopass::ForwardForward, "ff", "1.0.0",
               "Forward-Forward: a local goodness loss per layer, no backward pass.")
