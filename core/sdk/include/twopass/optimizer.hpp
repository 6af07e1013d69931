#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "twopass/option.hpp"
#include "twopass/program.hpp"

namespace twopass {

inline constexpr std::array<twopass_choice, 2> kOptimizers{{
    {"adam", "Adam (Kingma and Ba 2015)"},
    {"sgd", "stochastic gradient descent with momentum beta1"},
}};

// The options from which OptimizerSettings reads, for the option table of a trainer; see join_options.
// `learning_rate` is that option's default.
constexpr std::array<Option, 7> optimizer_options(const char* learning_rate = "1e-4") {
  return {
      number("learning_rate", learning_rate, "Step size of the optimiser, the same over the whole run.")
          .above(0)
          .at_most(10),
      choice("optimizer", "adam", kOptimizers, "Rule that turns gradients into updates."),
      number("beta1", "0.9", "Decay of the first moment; the momentum of sgd.").at_least(0).below(1),
      number("beta2", "0.999", "Decay of Adam's second moment.").at_least(0).below(1),
      number("adam_epsilon", "1e-8", "Added to the root of Adam's second moment.").at_least(1e-30).at_most(1),
      number("weight_decay", "0", "Pull of every weight and bias towards zero.").at_least(0).at_most(1),
      boolean("decoupled_decay", "false", "Apply weight_decay beside the gradient (AdamW), not through it."),
  };
}

// What changes from step to step of an optimiser. A program makes these slots first, for they take the values
// that OptimizerSettings::slot_values begins with.
struct StepSlots {
  explicit StepSlots(Program& program) : learning_rate(program.slot()), step(program.slot()) {}
  Slot learning_rate, step;
};

// The optimiser that a pipeline's trainer section asks for.
struct OptimizerSettings {
  explicit OptimizerSettings(const Values& values)
      : learning_rate(values.number("learning_rate")),
        kind(values.choice("optimizer") == "adam" ? TWOPASS_ADAM : TWOPASS_SGD),
        beta1(values.number("beta1")),
        beta2(values.number("beta2")),
        epsilon(values.number("adam_epsilon")),
        weight_decay(values.number("weight_decay")),
        decoupled_decay(values.boolean("decoupled_decay")) {}

  // The values of StepSlots in step `step` (from 0) of the whole run: Epoch::first_step and the step within
  // the epoch. Values of a program's other slots may follow.
  std::vector<double> slot_values(int64_t step) const {
    return {learning_rate, static_cast<double>(step + 1)};
  }

  double learning_rate;
  twopass_optimizer kind;
  double beta1, beta2, epsilon, weight_decay;
  bool decoupled_decay;
};

}  // namespace twopass
