#include "run/pretrain.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "run/batches.hpp"
#include "run/evaluation.hpp"
#include "run/json_files.hpp"
#include "run/layer_watch.hpp"
#include "run/stop.hpp"

namespace twopass::run {
namespace {

using Clock = std::chrono::steady_clock;

// What checkpoints may take of a run: so many seconds, and this share of its time. A fast device learns an
// epoch sooner than a disk takes the weights of a wide network.
constexpr double kSavingSeconds = 1, kSavingShare = 0.02;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Pretraining {
 public:
  Pretraining(Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test,
              const InitialWeights& weights, RunFolder& folder, ProgressDisplay& display,
              TrainingProgress& progress)
      : wiring_(wiring),
        trainer_(*wiring.trainer),
        scope_(*wiring.device),
        device_(scope_.device()),
        train_(train),
        weights_(weights),
        folder_(folder),
        display_(display),
        progress_(progress),
        epochs_(wiring.pipeline.trainer.values.typed().integer("epochs")),
        batch_(wiring.pipeline.trainer.values.typed().integer("batch_size")),
        evaluate_every_(wiring.pipeline.trainer.values.typed().integer("evaluate_every")),
        keep_every_(wiring.pipeline.trainer.values.typed().integer("keep_every")),
        redraw_(wiring.pipeline.pretext.values.typed().boolean("redraw")),
        steps_(train.count / batch_),
        batches_(device_, train, &wiring.task, wiring.pretext.get(), trainer_.train_images,
                 trainer_.train_labels, steps_ * batch_),
        evaluator_(wiring, device_, test),
        watch_(trainer_.thresholds) {}

  std::vector<nlohmann::json> run() {
    std::vector<nlohmann::json> history = resume();
    for (TrainingProgress done = progress_; done.epoch < epochs_;) {
      nlohmann::json line;
      done = train_epoch(done, line);
      std::string text =
          fmt::format("epoch {}/{}  {:.1f} s", done.epoch, epochs_, line["seconds"].get<double>());
      std::vector<double> dead_units;
      if (evaluation_due(done.epoch)) {
        const Evaluation evaluation = evaluator_.evaluate();
        dead_units = evaluation.dead_units;
        add_evaluation(line, evaluation);
        if (!evaluation.accuracy.empty())
          text += fmt::format("  pretext accuracy {:.2f} %", 100 * evaluation.accuracy.back());
      }
      folder_.append_metrics(line);  // first: a resumed run drops metrics that no checkpoint covers
      if (keep_every_ > 0 && done.epoch % keep_every_ == 0) folder_.keep_model(*wiring_.device, done.epoch);
      if (saving_due(done.epoch)) save(done);
      display_.line(text);
      for (const std::string& warning : watch_.look(done.epoch, line["train"], dead_units))
        display_.warning(warning);
      history.push_back(std::move(line));
    }
    return history;
  }

 private:
  // The weights to begin with or those of the newest checkpoint. Returns the metrics of the epochs done.
  std::vector<nlohmann::json> resume() {
    std::vector<std::string> warnings;
    trainer_.initialize(wiring_.pipeline.seed);
    upload(*wiring_.device, weights_);
    const std::optional<TrainingProgress> saved =
        folder_.load_checkpoint(*wiring_.device, folder_.covered_epochs(), warnings);
    progress_ = saved.value_or(TrainingProgress{});
    if (saved)
      display_.line(fmt::format("resuming after epoch {}", progress_.epoch));
    else if (!weights_.summary.empty())
      display_.line(weights_.summary);
    for (const std::string& warning : warnings) display_.warning(warning);
    folder_.write_status("running", progress_);
    std::vector<nlohmann::json> history = folder_.cut_metrics(progress_.epoch);
    for (const nlohmann::json& line : history) require_scores(line);
    return history;
  }

  // Another build of the trainer may score other sets, or call them otherwise.
  void require_scores(const nlohmann::json& line) const {
    const auto epoch = line["epoch"].get<int64_t>();
    if (!evaluation_due(epoch)) return;
    const auto accuracy = entry(line, "test_accuracy", nlohmann::json::object());
    for (const std::string& name : trainer_.score_names)
      if (!accuracy.contains(name))
        throw Error(
            fmt::format("metrics.jsonl has no test_accuracy of '{}' for epoch {}, so another build of the "
                        "trainer began this run; remove {}, or choose another `name`, to train again from "
                        "the start",
                        name, epoch, folder_.path().string()),
            TWOPASS_FAILED);
  }

  bool saving_due(int64_t epoch) const {
    return epoch == epochs_ || saving_seconds_ < kSavingSeconds + kSavingShare * seconds_since(start_);
  }

  void save(const TrainingProgress& done) {
    const Clock::time_point start = Clock::now();
    folder_.save_checkpoint(*wiring_.device, done);
    progress_ = done;  // only now: the status must not promise more than a checkpoint holds
    folder_.write_status("running", progress_);
    saving_seconds_ += seconds_since(start);
  }

  // One epoch of steps after those done, with its metrics in `line`. Returns how far it got.
  TrainingProgress train_epoch(const TrainingProgress& done, nlohmann::json& line) {
    const uint64_t seed = wiring_.pipeline.seed;
    const int64_t epoch = done.epoch;
    Order order = training_order(train_, wiring_.task, batch_, seed, epoch, redraw_);
    const Clock::time_point start = Clock::now();
    batches_.begin_pass(order);
    trainer_.begin_epoch(seed, epoch, epoch * steps_, steps_, order.labels);
    for (int64_t step = 0; step < steps_; ++step) {
      throw_if_stopped();
      batches_.load(step * batch_);
      trainer_.step(step);
      display_.update([&] { return step_text(epoch, step + 1, seconds_since(start)); });
    }
    const std::vector<double> means = epoch_means();  // waits for the device
    const double seconds = seconds_since(start);
    const TrainingProgress next{epoch + 1, done.train_seconds + seconds,
                                done.trained_samples + steps_ * batch_};

    line = {{"epoch", next.epoch}, {"step", next.epoch * steps_}, {"seconds", seconds}};
    for (size_t metric = 0; metric < means.size(); ++metric) {
      if (!std::isfinite(means[metric]))
        throw Error(fmt::format("{} is no longer a number in epoch {}; try a smaller trainer.learning_rate",
                                trainer_.metric_names[metric], next.epoch),
                    TWOPASS_FAILED);
      line["train"][trainer_.metric_names[metric]] = means[metric];
    }
    return next;
  }

  std::string step_text(int64_t epoch, int64_t steps_done, double seconds) const {
    const double rate = static_cast<double>(steps_done * batch_) / seconds;
    const double left = static_cast<double>(((epochs_ - epoch) * steps_ - steps_done) * batch_) / rate;
    return fmt::format("epoch {}/{}  step {}/{}  {:.0f} images/s  {:.0f} min left", epoch + 1, epochs_,
                       steps_done, steps_, rate, left / 60);
  }

  // The trainer's metrics are sums over the steps; they start anew for the next epoch.
  std::vector<double> epoch_means() {
    const std::vector<float> sums = device_.download<float>(trainer_.metrics);
    std::vector<double> means;
    for (const float sum : sums) means.push_back(static_cast<double>(sum) / static_cast<double>(steps_));
    device_.upload(trainer_.metrics, std::vector<float>(sums.size(), 0.0F));
    return means;
  }

  // The accuracy swings from epoch to epoch, so a result wants the mean and spread of the last ten.
  bool evaluation_due(int64_t epoch) const { return epoch % evaluate_every_ == 0 || epoch > epochs_ - 10; }

  void add_evaluation(nlohmann::json& line, const Evaluation& evaluation) const {
    if (!evaluation.accuracy.empty()) line["pretext_accuracy"] = evaluation.accuracy.back();
    for (size_t set = 0; set < evaluation.accuracy.size(); ++set)
      line["test_accuracy"][trainer_.score_names[set]] = evaluation.accuracy[set];
    for (size_t layer = 0; layer < evaluation.dead_units.size(); ++layer)
      line["dead_units"][fmt::format("layer{}", layer + 1)] = evaluation.dead_units[layer];
  }

  Wiring& wiring_;
  Trainer& trainer_;
  host::HostDevice::Scope scope_;
  Device device_;
  const ImagesInMemory& train_;
  const InitialWeights& weights_;
  RunFolder& folder_;
  ProgressDisplay& display_;
  TrainingProgress& progress_;  // what the newest checkpoint holds
  Clock::time_point start_ = Clock::now();
  double saving_seconds_ = 0;
  int64_t epochs_, batch_, evaluate_every_, keep_every_;
  bool redraw_;
  int64_t steps_;
  Batches batches_;
  PretextEvaluator evaluator_;
  LayerWatch watch_;
};

}  // namespace

std::vector<nlohmann::json> pretrain(Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test,
                                     const InitialWeights& weights, RunFolder& folder,
                                     ProgressDisplay& display, TrainingProgress& progress) {
  return Pretraining(wiring, train, test, weights, folder, display, progress).run();
}

}  // namespace twopass::run
