#include "cpu/optimizer_step.hpp"

#include <cmath>

#include "cpu/parallel.hpp"

namespace twopass::cpu {

namespace {

// Weight decay is part of the gradient (coupled) or of the weights' own shrinking (decoupled).
float coupled_decay(const twopass_op& op) { return static_cast<float>(op.mode[1] != 0 ? 0 : op.scalar[3]); }
float kept(const twopass_op& op, double rate) {
  return static_cast<float>(op.mode[1] != 0 ? 1 - rate * op.scalar[3] : 1);
}

}  // namespace

OptimizerStep::OptimizerStep(const ResolvedOp& op)
    : weight(op.out(0)), first(op.out(1)), second(op.out(2)), storage(op.out_storage[0]), settings(op.op) {}

kernels::Adam OptimizerStep::adam(const double* slots) const {
  const double rate = slots[settings.slot[0]], step = slots[settings.slot[1]];
  const double beta1 = settings.scalar[0], beta2 = settings.scalar[1];
  return {static_cast<float>(beta1),
          static_cast<float>(1 - beta1),
          static_cast<float>(beta2),
          static_cast<float>(1 - beta2),
          static_cast<float>(rate / (1 - std::pow(beta1, step))),
          static_cast<float>(1 / (1 - std::pow(beta2, step))),
          static_cast<float>(settings.scalar[2]),
          coupled_decay(settings),
          kept(settings, rate)};
}

kernels::Sgd OptimizerStep::sgd(const double* slots) const {
  const double rate = slots[settings.slot[0]];
  return {static_cast<float>(settings.scalar[0]), static_cast<float>(rate), coupled_decay(settings),
          kept(settings, rate)};
}

Step prepare_optimizer(const ResolvedOp& op, int threads) {
  const Matrix<const float> gradient = op.in(0);
  const OptimizerStep optimizer(op);
  const bool dense =
      gradient.dense() && optimizer.weight.dense() && optimizer.first.dense() && optimizer.second.dense();
  return [=](const double* slots) {
    optimizer.with_settings(slots, [&](const auto& settings) {
      parallel_spans(
          threads, gradient.rows, gradient.columns, dense, [&](int64_t row, int64_t column, int64_t n) {
            kernels::update(settings, gradient.at(row, column), 0, optimizer.at(row, column), 0, 1, n);
          });
    });
  };
}

}  // namespace twopass::cpu
