#pragma once

#include <array>

#include "twopass/option.hpp"
#include "twopass/program.hpp"

namespace twopass::mlp {

// The optimiser options of every trainer here, and the values chosen.
struct OptimizerSettings {
  static constexpr std::array<twopass_choice, 2> kKinds{{
      {"adam", "Adam (Kingma and Ba 2015)"},
      {"sgd", "stochastic gradient descent with momentum beta1"},
  }};
  static constexpr std::array<Option, 7> kOptions{
      number("learning_rate", "1e-4", "Step size of the optimiser, the same over the whole run.")
          .above(0)
          .at_most(10),
      choice("optimizer", "adam", kKinds, "Rule that turns gradients into updates."),
      number("beta1", "0.9", "Decay of the first moment; the momentum of sgd.").at_least(0).below(1),
      number("beta2", "0.999", "Decay of Adam's second moment.").at_least(0).below(1),
      number("adam_epsilon", "1e-8", "Added to the root of Adam's second moment.").at_least(1e-30).at_most(1),
      number("weight_decay", "0", "Pull of every weight and bias towards zero.").at_least(0).at_most(1),
      boolean("decoupled_decay", "false", "Apply weight_decay beside the gradient (AdamW), not through it."),
  };

  explicit OptimizerSettings(const Values& values)
      : learning_rate(values.number("learning_rate")),
        kind(values.choice_index("optimizer", kKinds) == 0 ? TWOPASS_ADAM : TWOPASS_SGD),
        beta1(values.number("beta1")),
        beta2(values.number("beta2")),
        epsilon(values.number("adam_epsilon")),
        weight_decay(values.number("weight_decay")),
        decoupled_decay(values.boolean("decoupled_decay")) {}

  double learning_rate;
  twopass_optimizer kind;
  double beta1, beta2, epsilon, weight_decay;
  bool decoupled_decay;
};

// One option table out of several.
template <size_t... Sizes>
constexpr auto join(const std::array<Option, Sizes>&... tables) {
  return std::apply([](const auto&... options) { return std::array{options...}; }, std::tuple_cat(tables...));
}

}  // namespace twopass::mlp
