#include "conformance/op_cases.hpp"

#include <algorithm>

namespace twopass::conformance {

namespace {

// ---- moving data

void copy_scaled(Trial& s) {
  s.program.copy(s.uniform(s.m, s.n), s.out(s.m, s.n), {.scale = 2.5, .shift = -0.5});
}
void copy_in_place(Trial& s) {
  const Tensor x = s.out(s.m, s.n);
  s.program.copy(x, x, {.scale = -3});
}
void copy_bytes_to_floats(Trial& s) {
  s.program.copy(s.bytes(s.m, s.n), s.out(s.m, s.n), {.scale = 1.0 / 255});
}
void copy_integers(Trial& s) { s.program.copy(s.integers(s.m, s.n, -9, 9), s.integer_out(s.m, s.n)); }
void copy_from_row(Trial& s) {
  s.slots = {3};
  s.program.copy(s.uniform(s.m + 5, s.n), s.out(s.m, s.n), {.in_row = s.program.slot()});
}
void copy_to_row(Trial& s) {
  s.slots = {5};
  s.program.copy(s.uniform(s.m, s.n), s.out(s.m + 5, s.n), {.out_row = s.program.slot()});
}
void fill(Trial& s) { s.program.fill(s.out(s.m, s.n), 0.75); }
void fill_integers(Trial& s) { s.program.fill(s.integer_out(s.m, s.n), -7); }
void gather_rows(Trial& s) {
  s.slots = {2};
  const Slot offset = s.program.slot();
  s.program.gather_rows(s.uniform(s.k, s.n), s.integers(s.m + 2, 1, 0, s.k), s.out(s.m, s.n), offset);
}
void gather_rows_of_bytes(Trial& s) {
  s.program.gather_rows(s.bytes(s.k, s.n), s.integers(s.m, 1, 0, s.k), s.out(s.bytes(s.m, s.n)));
}
void gather_columns(Trial& s) {
  s.slots = {1};
  const Slot offset = s.program.slot();
  s.program.gather_columns(s.uniform(s.m, s.k), s.integers(4, s.n, -1, s.k), s.integers(s.m + 1, 1, 0, 4),
                           s.out(s.m, s.n), offset, 0.25);
}
void gather_columns_of_bytes(Trial& s) {
  s.program.gather_columns(s.bytes(s.m, s.k), s.integers(3, s.n, -1, s.k), s.integers(s.m, 1, 0, 3),
                           s.out(s.bytes(s.m, s.n)), {}, 17);
}
void one_hot(Trial& s) {
  s.slots = {4};
  const Slot offset = s.program.slot();
  s.program.one_hot(s.integers(s.m + 4, 1, -1, s.n + 1), s.out(s.m, s.n), 0.9, 0.1, offset);
}

// ---- products

void gemm(Trial& s) {
  s.program.gemm({.a = s.uniform(s.m, s.k), .b = s.uniform(s.k, s.n), .out = s.out(s.m, s.n)});
}
void gemm_overwrites(Trial& s) {  // beta 0 is no factor
  s.program.gemm(
      {.a = s.uniform(s.m, s.k), .b = s.uniform(s.k, s.n), .out = s.out(s.no_numbers(s.m, s.n)), .beta = 0});
}
void gemm_layer(Trial& s) {
  s.program.gemm({.a = s.uniform(s.m, s.k),
                  .b = s.uniform(s.n, s.k),
                  .out = s.out(s.m, s.n),
                  .transpose_b = true,
                  .bias = s.uniform(1, s.n),
                  .activation = TWOPASS_RELU});
}
void gemm_weight_gradient(Trial& s) {
  s.program.gemm({.a = s.uniform(s.k, s.m),
                  .b = s.uniform(s.k, s.n),
                  .out = s.out(s.m, s.n),
                  .transpose_a = true,
                  .alpha = 0.5,
                  .beta = -1.5});
}
void gemm_input_gradient(Trial& s) {
  s.program.gemm({.a = s.uniform(s.m, s.k),
                  .b = s.uniform(s.k, s.n),
                  .out = s.out(s.m, s.n),
                  .mask = s.activity(s.m, s.n)});
}
void gemm_everything(Trial& s) {
  s.program.gemm({.a = s.uniform(s.k, s.m),
                  .b = s.uniform(s.n, s.k),
                  .out = s.out(s.m, s.n),
                  .transpose_a = true,
                  .transpose_b = true,
                  .alpha = -2,
                  .beta = 1,
                  .bias = s.uniform(1, s.n),
                  .mask = s.uniform(s.m, s.n),
                  .activation = TWOPASS_RELU});
}

// ---- elementwise

template <twopass_unary kFunction>
void unary(Trial& s) {
  s.program.unary(kFunction, s.uniform(s.m, s.n), s.out(s.m, s.n), 2, 0.25);
}
template <twopass_unary kFunction>
void unary_of_positive(Trial& s) {
  const Tensor x = s.out(s.uniform(s.m, s.n, 0.1, 4));
  s.program.unary(kFunction, x, x, 0.5, 0.01);
}
template <twopass_unary kFunction>
void unary_gradient(Trial& s) {
  s.program.unary_gradient(kFunction, s.uniform(s.m, s.n), s.uniform(s.m, s.n, 0.1, 0.9), s.out(s.m, s.n));
}
void relu_gradient_in_place(Trial& s) {
  const Tensor y = s.out(s.activity(s.m, s.n));
  s.program.unary_gradient(TWOPASS_RELU, s.uniform(s.m, s.n), y, y);
}
template <twopass_binary kFunction>
void binary(Trial& s) {
  s.program.binary(kFunction, s.uniform(s.m, s.n), s.uniform(s.m, s.n, 0.5, 2), s.out(s.m, s.n), 1.5, -0.5);
}
void binary_by_row(Trial& s) {
  const Tensor x = s.out(s.m, s.n);
  s.program.binary(TWOPASS_MULTIPLY, x, s.uniform(1, s.n), x, -2, 3);
}
void binary_by_column(Trial& s) {
  s.program.binary(TWOPASS_DIVIDE, s.uniform(s.m, s.n), s.uniform(s.m, 1, 1, 2), s.out(s.m, s.n), 1, 3);
}
void binary_by_scalar(Trial& s) {
  s.program.binary(TWOPASS_MAXIMUM, s.uniform(s.m, s.n), s.uniform(1, 1), s.out(s.m, s.n));
}
void binary_into_second(Trial& s) {
  const Tensor b = s.out(s.m, s.n);
  s.program.binary(TWOPASS_ADD, s.uniform(s.m, s.n), b, b, 1, -1);
}
void select(Trial& s) {
  s.program.select(s.uniform(s.m, s.n, 0, 1), s.uniform(s.m, s.n), s.uniform(s.m, s.n), s.out(s.m, s.n));
}
void select_in_place(Trial& s) {
  const Tensor mask = s.out(s.uniform(s.m, s.n, 0, 1));
  s.program.select(mask, s.uniform(s.m, s.n), s.uniform(s.m, s.n), mask);
}

// ---- reductions, of numbers that do not cancel: the error is relative to the sum

template <twopass_reduction kReduction>
void row_reduce(Trial& s) {
  s.program.row_reduce(kReduction, s.uniform(s.m, s.n, -0.25), s.out(s.m, 1), 0.5);
}
template <twopass_reduction kReduction>
void column_reduce(Trial& s) {
  s.program.column_reduce(kReduction, s.uniform(s.m, s.n, -0.25), s.out(1, s.n), 0.5);
}
template <twopass_reduction kReduction>
void column_accumulate(Trial& s) {
  s.program.column_reduce(kReduction, s.uniform(s.m, s.n, -0.25), s.out(1, s.n), 0.5, true);
}
void sum_of_column(Trial& s) {
  s.program.column_reduce(TWOPASS_SUM, s.uniform(s.m, 1, -0.25), s.out(1, 1), 1, true);
}
void argmax_rows(Trial& s) { s.program.argmax_rows(s.uniform(s.m, s.n), s.integer_out(s.m, 1)); }
void argmax_of_equals(Trial& s) { s.program.argmax_rows(s.activity(s.m, s.n), s.integer_out(s.m, 1)); }
// Several columns hold the largest value.
void argmax_of_clipped(Trial& s) {
  const Tensor x = s.uniform(s.m, s.n), highest = s.program.temp("highest", 1, 1);
  s.program.fill(highest, 0.25);
  s.program.binary(TWOPASS_MINIMUM, x, highest, x);
  s.program.argmax_rows(x, s.integer_out(s.m, 1));
}
void count_equal(Trial& s) {
  s.program.count_equal(s.integers(s.m, 1, 0, 3), s.integers(s.m, 1, 0, 3), s.integer_out(1, 1));
}

// ---- training

void softmax_cross_entropy(Trial& s) {
  s.program.softmax_cross_entropy(s.uniform(s.m, s.n, -6, 6), s.integers(s.m, 1, -1, s.n), s.out(s.m, 1),
                                  s.out(s.m, s.n), 0.125);
}
void softmax_loss_only(Trial& s) {
  s.program.softmax_cross_entropy(s.uniform(s.m, s.n, 90, 100), s.integers(s.m, 1, 0, s.n), s.out(s.m, 1), {},
                                  1);
}
template <twopass_optimizer kKind, bool kDecoupled>
void optimizer(Trial& s) {
  s.slots = {0.01, 3};
  const Slot rate = s.program.slot(), step = s.program.slot();
  s.program.optimizer({.kind = kKind,
                       .gradient = s.uniform(s.m, s.n),
                       .weight = s.out(s.m, s.n),
                       .first_moment = s.out(s.m, s.n),
                       .second_moment = kKind == TWOPASS_ADAM ? s.out(s.uniform(s.m, s.n, 0, 1)) : Tensor(),
                       .learning_rate = rate,
                       .step = step,
                       .weight_decay = 0.1,
                       .decoupled_decay = kDecoupled});
}

// Each has settings of its own.
void two_optimizers(Trial& s) {
  s.slots = {0.01, 3, 0.5};
  const Slot rate = s.program.slot(), step = s.program.slot(), other_rate = s.program.slot();
  const Tensor gradient = s.uniform(s.m, s.n);
  s.program.optimizer({.gradient = gradient,
                       .weight = s.out(s.m, s.n),
                       .first_moment = s.out(s.m, s.n),
                       .second_moment = s.out(s.uniform(s.m, s.n, 0, 1)),
                       .learning_rate = rate,
                       .step = step});
  s.program.optimizer({.kind = TWOPASS_SGD,
                       .gradient = gradient,
                       .weight = s.out(s.m, s.n),
                       .first_moment = s.out(s.m, s.n),
                       .learning_rate = other_rate,
                       .weight_decay = 0.1,
                       .decoupled_decay = true});
}

// ---- ops in sequence, which a backend may join

// Three that may share a pass, then one that reads what they wrote, one that adds to that, and one that
// writes what was read.
void column_reductions(Trial& s) {
  const Tensor x = s.out(s.uniform(s.m, s.n)), first = s.out(3, s.n), total = s.out(1, s.n);
  s.program.column_reduce(TWOPASS_SUM, x, first.row_range(0, 1), 0.5);
  s.program.column_reduce(TWOPASS_MAX, x, first.row_range(1, 1), 1, true);
  s.program.column_reduce(TWOPASS_SUM_SQUARES, x.column_range(0, 1), first.row_range(2, 1).column_range(0, 1),
                          0.5, true);
  s.program.column_reduce(TWOPASS_SUM, first, total, 0.25);
  s.program.column_reduce(TWOPASS_SUM, x, total, 0.5, true);
  s.program.column_reduce(TWOPASS_SUM, total, x.row_range(0, 1));
}

// A weight gradient that only the optimiser reads; `adds`: with a second product onto its first columns, as
// the shared first layer of Forward-Forward has it.
template <twopass_optimizer kKind, bool kAdds>
void weight_update(Trial& s) {
  s.slots = {0.01, 3};
  const Slot rate = s.program.slot(), step = s.program.slot();
  const Tensor gradient = s.program.temp("gradient", s.m, s.n);
  s.program.gemm({.a = s.uniform(s.k, s.m), .b = s.uniform(s.k, s.n), .out = gradient, .transpose_a = true});
  if (kAdds)
    s.program.gemm({.a = s.uniform(s.k + 3, s.m),
                    .b = s.uniform(s.k + 3, std::min<int64_t>(s.n, 40)),
                    .out = gradient.column_range(0, std::min<int64_t>(s.n, 40)),
                    .transpose_a = true,
                    .beta = 1});
  s.program.optimizer({.kind = kKind,
                       .gradient = gradient,
                       .weight = s.out(s.parameter(s.m, s.n)),
                       .first_moment = s.out(s.m, s.n),
                       .second_moment = kKind == TWOPASS_ADAM ? s.out(s.uniform(s.m, s.n, 0, 1)) : Tensor(),
                       .learning_rate = rate,
                       .step = step,
                       .weight_decay = 0.1});
}
void weight_update_with_gradient_read(Trial& s) {
  s.slots = {0.01, 3};
  const Slot rate = s.program.slot(), step = s.program.slot();
  const Tensor gradient = s.program.temp("gradient", s.m, s.n);
  s.program.gemm({.a = s.uniform(s.k, s.m), .b = s.uniform(s.k, s.n), .out = gradient, .transpose_a = true});
  s.program.optimizer({.kind = TWOPASS_SGD,
                       .gradient = gradient,
                       .weight = s.out(s.m, s.n),
                       .first_moment = s.out(s.m, s.n),
                       .learning_rate = rate,
                       .step = step});
  s.program.copy(gradient, s.out(s.m, s.n));
}
// A product before and after each way in which its weights may change.
void products_of_changing_weights(Trial& s) {
  s.slots = {0.5, 1};
  const Slot rate = s.program.slot(), step = s.program.slot();
  const Tensor x = s.uniform(s.m, s.k), weight = s.out(s.parameter(s.n, s.k));
  const auto product = [&] {
    s.program.gemm({.a = x, .b = weight, .out = s.out(s.m, s.n), .transpose_b = true});
  };
  product();
  s.program.optimizer({.kind = TWOPASS_SGD,
                       .gradient = s.uniform(s.n, s.k),
                       .weight = weight,
                       .first_moment = s.out(s.n, s.k),
                       .learning_rate = rate,
                       .step = step});
  product();
  s.program.unary(TWOPASS_IDENTITY, weight, weight, -0.5, 0.25);
  product();
}
void products_of_a_changing_factor(Trial& s) {
  const Tensor x = s.program.temp("x", s.m, s.k), b = s.uniform(s.k, s.n);
  s.program.copy(s.uniform(s.m, s.k), x);
  s.program.gemm({.a = x, .b = b, .out = s.out(s.m, s.n)});
  s.program.gemm({.a = x, .b = b, .out = s.out(s.m, s.n)});
  s.program.unary(TWOPASS_IDENTITY, x, x, 2, 1);
  s.program.gemm({.a = x, .b = b, .out = s.out(s.m, s.n)});
}
void rows_in_sequence(Trial& s) {
  const Tensor h = s.out(s.activity(s.m, s.n)), gradient = s.out(s.m, s.n);
  s.program.goodness_loss({.kind = TWOPASS_NORM,
                           .h = h,
                           .positive_rows = s.m / 2,
                           .threshold = 2,
                           .goodness = s.out(s.m, 1),
                           .loss = s.out(s.m, 1),
                           .gradient = gradient});
  s.program.row_normalize(TWOPASS_UNIT_RMS, h, h, {}, 1e-2);
  s.program.row_normalize(TWOPASS_UNIT_LENGTH, h, gradient, {}, 1e-2);
}
// The second op reads rows that the first one wrote, but not its own: they cannot share a pass.
void rows_across(Trial& s) {
  const Tensor x = s.uniform(s.m + 1, s.n), y = s.out(s.m + 1, s.n);
  s.program.row_normalize(TWOPASS_UNIT_RMS, x.row_range(0, s.m), y.row_range(1, s.m), {}, 1e-2);
  s.program.row_normalize(TWOPASS_UNIT_LENGTH, y.row_range(0, s.m), s.out(s.m, s.n), {}, 1e-2);
  s.program.row_normalize(TWOPASS_UNIT_LENGTH, x.row_range(1, s.m), y.row_range(0, s.m), {}, 1e-2);
}
void through_bfloat16(Trial& s) {
  const Tensor rounded = s.program.temp("rounded", s.m, s.n, TWOPASS_BF16);
  const Tensor gathered = s.program.temp("gathered", s.k, s.n, TWOPASS_BF16);
  s.program.copy(s.uniform(s.m, s.n), rounded, {.scale = 3, .shift = 0.5});
  s.program.gather_rows(rounded, s.integers(s.k, 1, 0, s.m), gathered);
  s.program.copy(gathered, s.out(s.k, s.n), {.scale = 0.5, .shift = 1});
  s.program.copy(gathered, s.out(s.k, s.n));
}

template <twopass_normalization kKind>
void row_normalize(Trial& s) {
  s.program.row_normalize(kKind, s.activity(s.m, s.n), s.out(s.m, s.n), s.out(s.m, 1), 1e-5);
}
void row_normalize_in_place(Trial& s) {
  const Tensor x = s.out(s.uniform(s.m, s.n, 5, 6));
  s.program.row_normalize(TWOPASS_LAYER_NORM, x, x, {}, 1e-3);
}
template <twopass_normalization kKind>
void row_normalize_gradient(Trial& s) {
  s.program.row_normalize_gradient(kKind, s.uniform(s.m, s.n), s.uniform(s.m, s.n), s.uniform(s.m, 1, 0.5, 2),
                                   s.activity(s.m, s.n), s.out(s.m, s.n));
}
// dx in the place of operand 0 (dy), 1 (y) or 2 (mask).
template <int kPlace>
void row_normalize_gradient_in_place(Trial& s) {
  const Tensor operands[] = {s.uniform(s.m, s.n), s.uniform(s.m, s.n), s.activity(s.m, s.n)};
  s.program.row_normalize_gradient(TWOPASS_LAYER_NORM, operands[0], operands[1], s.uniform(s.m, 1, 0.5, 2),
                                   operands[2], s.out(operands[kPlace]));
}
template <twopass_goodness kKind>
void goodness_loss(Trial& s) {
  s.program.goodness_loss({.kind = kKind,
                           .h = s.activity(s.m, s.n),
                           .positive_rows = s.m / 2,
                           .threshold = 1.5,
                           .scale = 0.25,
                           .goodness = s.out(s.m, 1),
                           .loss = s.out(s.m, 1),
                           .gradient = s.out(s.m, s.n)});
}
void goodness_loss_in_place(Trial& s) {
  const Tensor h = s.out(s.activity(s.m, s.n));
  s.program.goodness_loss({.h = h, .positive_rows = s.m, .threshold = 1, .gradient = h});
}
void goodness_loss_without_gradient(Trial& s) {
  s.program.goodness_loss({.h = s.activity(s.m, s.n), .threshold = 1, .loss = s.out(s.m, 1)});
}

// Temps of a chain that share memory by turns.
void chain_of_temps(Trial& s) {
  Tensor x = s.uniform(s.m, s.n);
  for (int link = 0; link < 4; ++link) {
    const Tensor y = s.program.temp("y", s.m, s.n), row = s.program.temp("row", s.m, 1);
    s.program.row_reduce(TWOPASS_SUM_SQUARES, x, row);
    s.program.binary(TWOPASS_ADD, x, row, y, 1, 0.125);
    x = y;
  }
  s.program.copy(x, s.out(s.m, s.n));
}

}  // namespace

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> kShapes{{1, 1, 1},       {3, 1, 5},      {1, 7, 13},     {5, 13, 17},
                                          {17, 257, 31},   {64, 1000, 10}, {201, 10, 601}, {10, 601, 201},
                                          {130, 257, 519}, {70001, 3, 2}};
  return kShapes;
}

const std::vector<Case>& cases() {
  constexpr double kElementwise = 1e-13;
  static const std::vector<Case> kCases{
      {"copy_scaled", copy_scaled, kElementwise},
      {"copy_in_place", copy_in_place, kElementwise},
      {"copy_bytes_to_floats", copy_bytes_to_floats, kElementwise},
      {"copy_integers", copy_integers},
      {"copy_from_row", copy_from_row, kElementwise},
      {"copy_to_row", copy_to_row, kElementwise},
      {"fill", fill, kElementwise},
      {"fill_integers", fill_integers},
      {"gather_rows", gather_rows, kElementwise},
      {"gather_rows_of_bytes", gather_rows_of_bytes},
      {"gather_columns", gather_columns, kElementwise},
      {"gather_columns_of_bytes", gather_columns_of_bytes},
      {"one_hot", one_hot, kElementwise},
      {.name = "gemm", .record = gemm, .product = true},
      {.name = "gemm_overwrites", .record = gemm_overwrites, .product = true},
      {.name = "gemm_layer", .record = gemm_layer, .product = true},
      {.name = "gemm_weight_gradient", .record = gemm_weight_gradient, .product = true},
      {.name = "gemm_input_gradient", .record = gemm_input_gradient, .product = true},
      {.name = "gemm_everything", .record = gemm_everything, .product = true},
      {"unary_relu", unary<TWOPASS_RELU>, kElementwise},
      {"unary_square", unary<TWOPASS_SQUARE>, kElementwise},
      {"unary_sqrt", unary_of_positive<TWOPASS_SQRT>, kElementwise},
      {"unary_rsqrt", unary_of_positive<TWOPASS_RSQRT>, kElementwise},
      {"unary_reciprocal", unary_of_positive<TWOPASS_RECIPROCAL>, kElementwise},
      {"unary_exp", unary<TWOPASS_EXP>, kElementwise},
      {"unary_log", unary_of_positive<TWOPASS_LOG>, kElementwise},
      {"unary_softplus", unary<TWOPASS_SOFTPLUS>, kElementwise},
      {"unary_sigmoid", unary<TWOPASS_SIGMOID>, kElementwise},
      {"unary_tanh", unary<TWOPASS_TANH>, kElementwise},
      {"unary_identity", unary<TWOPASS_IDENTITY>, kElementwise},
      {"unary_gradient_sigmoid", unary_gradient<TWOPASS_SIGMOID>, kElementwise},
      {"unary_gradient_tanh", unary_gradient<TWOPASS_TANH>, kElementwise},
      {"unary_gradient_softplus", unary_gradient<TWOPASS_SOFTPLUS>, kElementwise},
      {"unary_gradient_exp", unary_gradient<TWOPASS_EXP>, kElementwise},
      {"unary_gradient_sqrt", unary_gradient<TWOPASS_SQRT>, kElementwise},
      {"relu_gradient_in_place", relu_gradient_in_place, kElementwise},
      {"binary_add", binary<TWOPASS_ADD>, kElementwise},
      {"binary_multiply", binary<TWOPASS_MULTIPLY>, kElementwise},
      {"binary_divide", binary<TWOPASS_DIVIDE>, kElementwise},
      {"binary_maximum", binary<TWOPASS_MAXIMUM>, kElementwise},
      {"binary_minimum", binary<TWOPASS_MINIMUM>, kElementwise},
      {"binary_by_row", binary_by_row, kElementwise},
      {"binary_by_column", binary_by_column, kElementwise},
      {"binary_by_scalar", binary_by_scalar, kElementwise},
      {"binary_into_second", binary_into_second, kElementwise},
      {"row_reduce_sum", row_reduce<TWOPASS_SUM>},
      {"row_reduce_sum_squares", row_reduce<TWOPASS_SUM_SQUARES>},
      {"row_reduce_max", row_reduce<TWOPASS_MAX>, kElementwise},
      {"column_reduce_sum", column_reduce<TWOPASS_SUM>},
      {"column_reduce_sum_squares", column_reduce<TWOPASS_SUM_SQUARES>},
      {"column_reduce_max", column_reduce<TWOPASS_MAX>, kElementwise},
      {"column_accumulate_sum", column_accumulate<TWOPASS_SUM>},
      {"column_accumulate_max", column_accumulate<TWOPASS_MAX>, kElementwise},
      {"sum_of_column", sum_of_column},
      {"argmax_rows", argmax_rows},
      {"argmax_of_equals", argmax_of_equals},
      {"argmax_of_clipped", argmax_of_clipped},
      {"count_equal", count_equal},
      {"softmax_cross_entropy", softmax_cross_entropy},
      {"softmax_loss_only", softmax_loss_only},
      {"optimizer_adam", optimizer<TWOPASS_ADAM, false>, kElementwise},
      {"optimizer_adamw", optimizer<TWOPASS_ADAM, true>, kElementwise},
      {"optimizer_sgd", optimizer<TWOPASS_SGD, false>, kElementwise},
      {"optimizer_sgd_decoupled", optimizer<TWOPASS_SGD, true>, kElementwise},
      {"two_optimizers", two_optimizers, kElementwise},
      {"column_reductions", column_reductions},
      {.name = "weight_update_adam", .record = weight_update<TWOPASS_ADAM, false>, .product = true},
      {.name = "weight_update_sgd", .record = weight_update<TWOPASS_SGD, false>, .product = true},
      {.name = "weight_update_of_two", .record = weight_update<TWOPASS_ADAM, true>, .product = true},
      {.name = "weight_update_read", .record = weight_update_with_gradient_read, .product = true},
      {.name = "products_of_changing_weights", .record = products_of_changing_weights, .product = true},
      {.name = "products_of_a_changing_factor", .record = products_of_a_changing_factor, .product = true},
      {.name = "rows_in_sequence", .record = rows_in_sequence, .fused = true},
      {.name = "rows_across", .record = rows_across, .fused = true},
      // 8 bits: relative errors of up to 2^-8.
      {.name = "through_bfloat16", .record = through_bfloat16, .bound = 1.6e-5, .bfloat16 = true},
      {"chain_of_temps", chain_of_temps, 1e-9},  // rounding grows from link to link
      {.name = "row_normalize_none", .record = row_normalize<TWOPASS_NORMALIZE_NONE>, .fused = true},
      {.name = "row_normalize_layer_norm", .record = row_normalize<TWOPASS_LAYER_NORM>, .fused = true},
      {.name = "row_normalize_unit_length", .record = row_normalize<TWOPASS_UNIT_LENGTH>, .fused = true},
      {.name = "row_normalize_unit_rms", .record = row_normalize<TWOPASS_UNIT_RMS>, .fused = true},
      // Values of 5 to 6 lose a digit when their mean is taken off.
      {.name = "row_normalize_in_place", .record = row_normalize_in_place, .bound = 1e-10, .fused = true},
      {.name = "row_normalize_gradient_none",
       .record = row_normalize_gradient<TWOPASS_NORMALIZE_NONE>,
       .fused = true},
      {.name = "row_normalize_gradient_layer_norm",
       .record = row_normalize_gradient<TWOPASS_LAYER_NORM>,
       .fused = true},
      {.name = "row_normalize_gradient_unit_length",
       .record = row_normalize_gradient<TWOPASS_UNIT_LENGTH>,
       .fused = true},
      {.name = "row_normalize_gradient_unit_rms",
       .record = row_normalize_gradient<TWOPASS_UNIT_RMS>,
       .fused = true},
      {.name = "row_normalize_gradient_into_dy", .record = row_normalize_gradient_in_place<0>, .fused = true},
      {.name = "row_normalize_gradient_into_y", .record = row_normalize_gradient_in_place<1>, .fused = true},
      {.name = "row_normalize_gradient_into_mask",
       .record = row_normalize_gradient_in_place<2>,
       .fused = true},
      {.name = "goodness_loss_norm", .record = goodness_loss<TWOPASS_NORM>, .fused = true},
      {.name = "goodness_loss_sum_squares",
       .record = goodness_loss<TWOPASS_SUM_SQUARES_GOODNESS>,
       .fused = true},
      {.name = "goodness_loss_mean_squares",
       .record = goodness_loss<TWOPASS_MEAN_SQUARES_GOODNESS>,
       .fused = true},
      {.name = "goodness_loss_in_place", .record = goodness_loss_in_place, .fused = true},
      {.name = "goodness_loss_without_gradient", .record = goodness_loss_without_gradient, .fused = true},
      {.name = "select", .record = select, .fused = true},
      {.name = "select_in_place", .record = select_in_place, .fused = true},
  };
  return kCases;
}

}  // namespace twopass::conformance
