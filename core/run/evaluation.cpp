#include "run/evaluation.hpp"

#include "run/stop.hpp"

namespace twopass::run {

PretextEvaluator::PretextEvaluator(Wiring& wiring, Device device, const ImagesInMemory& test)
    : trainer_(wiring.trainer.get()),
      device_(device),
      count_(test.count),
      classes_(static_cast<int64_t>(wiring.task.class_names.size())),
      rows_(trainer_->evaluation_images.rows()),
      labels_(device_.tensor("evaluation_labels", TWOPASS_INPUT, rows_, 1, TWOPASS_I32)),
      order_(evaluation_order(test, &wiring.task, rows_)),
      batches_(device_, test, &wiring.task, wiring.pretext.get(), trainer_->evaluation_images, labels_,
               static_cast<int64_t>(order_.rows.size())),
      dead_units_(device_, trainer_->features) {
  if (trainer_->scores) record_count();
  batches_.begin_pass(order_);
}

void PretextEvaluator::record_count() {
  hits_ = device_.tensor("evaluation_hits", TWOPASS_OUTPUT, 1,
                         static_cast<int64_t>(trainer_->score_names.size()), TWOPASS_I32);
  Program program("evaluation.count");
  const Tensor guess = program.temp("guess", rows_, 1, TWOPASS_I32);
  for (int64_t set = 0; set < hits_.columns(); ++set) {
    program.argmax_rows(trainer_->scores.column_range(set * classes_, classes_), guess);
    program.count_equal(guess, labels_, hits_.column_range(set, 1));
  }
  count_program_ = device_.compile(program);
}

std::vector<double> PretextEvaluator::count_hits() {
  device_.upload(hits_, std::vector<int32_t>(static_cast<size_t>(hits_.columns()), 0));
  for (int64_t first = 0; first < count_; first += rows_) {
    throw_if_stopped();
    batches_.load(first);
    trainer_->score();
    count_program_.run();
  }
  std::vector<double> accuracy;
  for (const int32_t hits : device_.download<int32_t>(hits_))
    accuracy.push_back(static_cast<double>(hits) / static_cast<double>(count_));
  return accuracy;
}

Evaluation PretextEvaluator::evaluate() {
  Evaluation evaluation;
  if (hits_) evaluation.accuracy = count_hits();
  batches_.load(0);
  trainer_->extract();
  dead_units_.start();
  dead_units_.look();
  evaluation.dead_units = dead_units_.shares();
  return evaluation;
}

}  // namespace twopass::run
