#include "run/pretrain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "run/stop.hpp"

namespace twopass::run {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Rows of the last ten epochs are always evaluated: the accuracy swings, so a result wants their mean and
// spread.
bool evaluation_due(int64_t epoch, int64_t epochs, int64_t every) {
  return epoch % every == 0 || epoch > epochs - 10;
}

std::vector<double> epoch_means(Trainer& trainer, Device device, int64_t steps) {
  std::vector<float> sums = device.download<float>(trainer.metrics);
  std::vector<double> means;
  for (const float sum : sums) means.push_back(static_cast<double>(sum) / static_cast<double>(steps));
  device.upload(trainer.metrics, std::vector<float>(sums.size(), 0.0F));
  return means;
}

// Every layer starts near its threshold; it has this many epochs to leave it.
constexpr int64_t kSettling = 2;

// Says in words, once per layer and kind of trouble, that a layer has stopped to learn.
class LayerWatch {
 public:
  explicit LayerWatch(const Trainer& trainer) : trainer_(trainer) {}

  std::vector<std::string> look(int64_t epoch, const nlohmann::json& train,
                                const std::vector<double>& dead_units) {
    std::vector<std::string> warnings;
    const auto warn = [&](size_t layer, const std::string& text) {
      if (told_.insert({layer, text}).second) warnings.push_back(fmt::format("layer {} {}", layer + 1, text));
    };
    for (size_t layer = 0; layer < trainer_.thresholds.size(); ++layer) {
      const std::string name = fmt::format("layer{}.goodness_", layer + 1);
      if (!train.contains(name + "positive") || !train.contains(name + "negative")) continue;
      const double threshold = trainer_.thresholds[layer];
      const double positive = train[name + "positive"], negative = train[name + "negative"];
      if (epoch > kSettling && std::abs(positive - threshold) < 0.02 * threshold &&
          std::abs(positive - negative) < 0.003 * threshold)
        warn(layer,
             "has collapsed: positives and negatives both have a goodness at the threshold, so it tells them "
             "apart no more; try another normalization, goodness or threshold");
    }
    for (size_t layer = 0; layer < dead_units.size(); ++layer)
      if (dead_units[layer] > 0.99)
        warn(layer, "is dead: no unit is ever active; try a smaller learning_rate or another threshold");
    return warnings;
  }

 private:
  const Trainer& trainer_;
  std::set<std::pair<size_t, std::string>> told_;
};

}  // namespace

PretextEvaluator::PretextEvaluator(Wiring& wiring, const ImagesInMemory& test)
    : trainer_(wiring.trainer.get()),
      device_(wiring.device->device()),
      count_(test.count),
      classes_(static_cast<int64_t>(wiring.task.class_names.size())),
      rows_(trainer_->evaluation_images.rows()),
      labels_(device_.tensor("evaluation_labels", TWOPASS_INPUT, rows_, 1, TWOPASS_I32)),
      hits_(device_.tensor("evaluation_hits", TWOPASS_OUTPUT, 1,
                           static_cast<int64_t>(trainer_->score_names.size()), TWOPASS_I32)),
      batches_(device_, test, &wiring.task, wiring.pretext.get(), trainer_->evaluation_images, labels_,
               (test.count + rows_ - 1) / rows_ * rows_),
      order_(evaluation_order(test, &wiring.task, rows_)),
      count_program_(record_count(device_)),
      peak_program_(record_peaks(device_)) {
  batches_.begin_pass(order_, 0);
}

CompiledProgram PretextEvaluator::record_count(Device device) const {
  Program program("evaluation.count");
  const Tensor guess = program.temp("guess", rows_, 1, TWOPASS_I32);
  for (int64_t set = 0; set < hits_.columns(); ++set) {
    program.argmax_rows(trainer_->scores.column_range(set * classes_, classes_), guess);
    program.count_equal(guess, labels_, hits_.column_range(set, 1));
  }
  return device.compile(program);
}

CompiledProgram PretextEvaluator::record_peaks(Device device) {
  Program program("evaluation.peaks");
  for (const Tensor& features : trainer_->features) {
    peaks_.push_back(device.tensor("peak", TWOPASS_OUTPUT, 1, features.columns()));
    program.column_reduce(TWOPASS_MAX, features, peaks_.back());
  }
  return device.compile(program);
}

Evaluation PretextEvaluator::evaluate() {
  device_.upload(hits_, std::vector<int32_t>(static_cast<size_t>(hits_.columns()), 0));
  for (int64_t first = 0; first < count_; first += rows_) {
    throw_if_stopped();
    batches_.load(first);
    trainer_->score();
    count_program_.run();
    if (first > 0) continue;
    trainer_->extract();
    peak_program_.run();
  }
  Evaluation evaluation;
  for (const int32_t hits : device_.download<int32_t>(hits_))
    evaluation.accuracy.push_back(static_cast<double>(hits) / static_cast<double>(count_));
  for (const Tensor& peak : peaks_) {
    const std::vector<float> values = device_.download<float>(peak);
    const auto dead = std::ranges::count_if(values, [](float value) { return value <= 0; });
    evaluation.dead_units.push_back(static_cast<double>(dead) / static_cast<double>(values.size()));
  }
  return evaluation;
}

std::vector<nlohmann::json> pretrain(Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test,
                                     RunFolder& folder, ProgressDisplay& display, Progress& progress) {
  const Values options = wiring.pipeline.trainer.values.typed();
  const int64_t epochs = options.integer("epochs");
  const int64_t batch = options.integer("batch_size");
  const int64_t every = options.integer("evaluate_every");
  const uint64_t seed = wiring.pipeline.seed;
  const int64_t steps = train.count / batch;
  Trainer& trainer = *wiring.trainer;
  const Device device = wiring.device->device();
  const auto say = [&](const std::string& line) {
    display.line(line);
    folder.append_log(line);
  };
  const auto warn = [&](const std::string& text) {
    display.warning(text);
    folder.append_log("warning: " + text);
  };

  std::vector<std::string> warnings;
  trainer.initialize(seed);
  if (const std::optional<Progress> saved = folder.load_checkpoint(*wiring.device, warnings)) {
    progress = *saved;
    say(fmt::format("resuming after epoch {}", progress.epoch));
  }
  for (const std::string& warning : warnings) warn(warning);
  std::vector<nlohmann::json> history = folder.cut_metrics(progress.epoch);

  Batches batches(device, train, &wiring.task, wiring.pretext.get(), trainer.train_images,
                  trainer.train_labels, steps * batch);
  PretextEvaluator evaluator(wiring, test);
  LayerWatch watch(trainer);
  folder.write_status("running", progress);

  while (progress.epoch < epochs) {
    const int64_t epoch = progress.epoch;
    Order order = training_order(train, wiring.task, batch, seed, epoch);
    const Clock::time_point start = Clock::now();
    batches.begin_pass(order, seed * 1'000'003 + static_cast<uint64_t>(epoch));
    trainer.begin_epoch(seed, epoch, epoch * steps, steps, order.labels);
    for (int64_t step = 0; step < steps; ++step) {
      throw_if_stopped();
      batches.load(step * batch);
      trainer.step(step);
      display.update([&] {
        const double rate = static_cast<double>((step + 1) * batch) / seconds_since(start);
        const double left = static_cast<double>((epochs - epoch) * steps * batch - (step + 1) * batch) / rate;
        return fmt::format("epoch {}/{}  step {}/{}  {:.0f} images/s  {:.0f} min left", epoch + 1, epochs,
                           step + 1, steps, rate, left / 60);
      });
    }
    const std::vector<double> means = epoch_means(trainer, device, steps);  // waits for the device
    const double seconds = seconds_since(start);
    const Progress next{epoch + 1, progress.train_seconds + seconds,
                        progress.trained_samples + steps * batch};

    nlohmann::json line{{"epoch", next.epoch}, {"step", next.epoch * steps}, {"seconds", seconds}};
    for (size_t metric = 0; metric < means.size(); ++metric) {
      if (!std::isfinite(means[metric]))
        throw Error(fmt::format("{} is no longer a number in epoch {}; try a smaller trainer.learning_rate",
                                trainer.metric_names[metric], next.epoch),
                    TWOPASS_FAILED);
      line["train"][trainer.metric_names[metric]] = means[metric];
    }
    std::string text = fmt::format("epoch {}/{}  {:.1f} s", next.epoch, epochs, seconds);
    std::vector<double> dead_units;
    if (evaluation_due(next.epoch, epochs, every)) {
      const Evaluation evaluation = evaluator.evaluate();
      dead_units = evaluation.dead_units;
      for (size_t set = 0; set < evaluation.accuracy.size(); ++set)
        line["test_accuracy"][trainer.score_names[set]] = evaluation.accuracy[set];
      for (size_t layer = 0; layer < dead_units.size(); ++layer)
        line["dead_units"][fmt::format("layer{}", layer + 1)] = dead_units[layer];
      text += fmt::format("  pretext accuracy {:.2f} %", 100 * evaluation.accuracy.back());
    }
    folder.append_metrics(line);  // first: a resumed run drops metrics that no checkpoint covers
    folder.save_checkpoint(*wiring.device, next);
    progress = next;
    folder.write_status("running", progress);
    say(text);
    for (const std::string& warning : watch.look(progress.epoch, line["train"], dead_units)) warn(warning);
    history.push_back(std::move(line));
  }
  return history;
}

}  // namespace twopass::run
