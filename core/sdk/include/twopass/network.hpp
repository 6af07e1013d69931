#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "twopass/option.hpp"

namespace twopass {

// The pipeline's `network` section: fully connected ReLU layers, the input of each normalised row by row.
// Shared by all trainers, so that every learning rule trains the same network.
struct Network {
  // In the order of twopass_normalization.
  static constexpr std::array<twopass_choice, 4> kNormalizations{{
      {"none", "the input as it is"},
      {"layer_norm", "(x - mean) / sqrt(variance + epsilon), no affine part"},
      {"unit_length", "x / sqrt(sum of squares + epsilon)"},
      {"unit_rms", "x / sqrt(mean of squares + epsilon)"},
  }};
  static constexpr std::array<Option, 4> kOptions{
      integer_list("hidden", "[2000, 2000, 2000, 2000]", "Widths of the hidden layers, first to last.")
          .at_least(1)
          .at_most(65536),
      choice("normalization", "layer_norm", kNormalizations, "What is done to the input of every layer."),
      boolean("normalize_input", "true", "Whether the first layer's input, the image, is normalised too."),
      number("epsilon", "1e-5", "Keeps the normalisation of an all-zero row finite.")
          .at_least(1e-30)
          .at_most(1),
  };

  Network() = default;  // without layers: for a member that is given its value in `build`
  // Throws Error when there is no hidden layer.
  explicit Network(const Values& values)
      : hidden(values.integers("hidden")),
        normalization(
            static_cast<twopass_normalization>(values.choice_index("normalization", kNormalizations))),
        normalize_input(values.boolean("normalize_input")),
        epsilon(values.number("epsilon")) {
    if (hidden.empty())
      throw Error("a network needs at least one hidden layer", TWOPASS_INVALID_ARGUMENT, "hidden");
  }

  // How the input of layer `layer` (from 0) is normalised.
  twopass_normalization normalization_of(size_t layer) const {
    return layer == 0 && !normalize_input ? TWOPASS_NORMALIZE_NONE : normalization;
  }

  std::vector<int64_t> hidden;
  twopass_normalization normalization = TWOPASS_NORMALIZE_NONE;
  bool normalize_input = true;
  double epsilon = 0;
};

}  // namespace twopass
