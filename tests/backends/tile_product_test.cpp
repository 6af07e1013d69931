// Forward products by AMX, of factors that bfloat16 holds exactly, against sums in double.

#include "cpu/tile_product.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cpu/amx_kernels.hpp"
#include "cpu/memory.hpp"

namespace twopass::cpu {
namespace {

// Odd sizes, rows that lie apart, and so many rows and terms that they are taken in parts.
struct Shape {
  int64_t rows, outputs, inputs;
  bool with_bias, relu;
};

class TileProductOf : public ::testing::TestWithParam<Shape> {
 protected:
  // A matrix whose rows have a gap of 3 that holds NaN, which nothing may read.
  struct Values {
    Values(int64_t rows, int64_t columns, int64_t seed)
        : stride(columns + 3),
          numbers(static_cast<size_t>(rows * stride), to_bfloat16(std::numeric_limits<float>::quiet_NaN())) {
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t column = 0; column < columns; ++column)
          at(row, column) = to_bfloat16(
              static_cast<float>((row * row + 7 * column + column * column % 11 + seed) % 17 - 8) / 8);
    }
    Bfloat16& at(int64_t row, int64_t column) { return numbers[static_cast<size_t>(row * stride + column)]; }
    double value(int64_t row, int64_t column) {
      return static_cast<double>(static_cast<float>(at(row, column)));
    }
    int64_t stride;
    std::vector<Bfloat16> numbers;
  };

  static twopass_view view(int64_t rows, int64_t columns, int64_t stride) {
    return {0, 0, 0, rows, columns, stride};
  }

  // The op with its operands, as a program would bind it.
  ResolvedOp resolve() {
    ResolvedOp resolved{};
    twopass_op& op = resolved.op;
    op.code = TWOPASS_OP_GEMM;
    op.mode[1] = 1;
    op.mode[2] = shape_.relu ? TWOPASS_RELU : TWOPASS_IDENTITY;
    op.scalar[0] = 1;
    op.in[0] = view(shape_.rows, shape_.inputs, x_.stride);
    op.in[1] = view(shape_.outputs, shape_.inputs, w_.stride);
    op.out[0] = view(shape_.rows, shape_.outputs, out_stride_);
    resolved.in_data = {x_.numbers.data(), w_.numbers.data(), shape_.with_bias ? bias_.data() : nullptr};
    resolved.in_type = {TWOPASS_BF16, TWOPASS_BF16};
    resolved.out_data = {out_.data()};
    return resolved;
  }

  double expected(int64_t row, int64_t output) {
    double sum = shape_.with_bias ? static_cast<double>(bias_[static_cast<size_t>(output)]) : 0;
    for (int64_t input = 0; input < shape_.inputs; ++input)
      sum += x_.value(row, input) * w_.value(output, input);
    return shape_.relu ? std::max(sum, 0.0) : sum;
  }

  Shape shape_ = GetParam();
  Values x_{shape_.rows, shape_.inputs, 1}, w_{shape_.outputs, shape_.inputs, 5};
  std::vector<float> bias_ = [this] {
    std::vector<float> values;
    for (int64_t output = 0; output < shape_.outputs; ++output)
      values.push_back(static_cast<float>(output % 5) / 4);
    return values;
  }();
  static constexpr float kUntouched = -77;
  int64_t out_stride_ = shape_.outputs + 2;
  std::vector<float> out_ = std::vector<float>(static_cast<size_t>(shape_.rows * out_stride_), kUntouched);
};

TEST_P(TileProductOf, IsExactOnAnyNumberOfThreads) {
  if (!kernels::has_amx()) GTEST_SKIP() << "this CPU has no AMX";
  const ResolvedOp op = resolve();
  ASSERT_TRUE(TileProduct::can_do(op));
  for (const int threads : {1, 3}) {
    std::fill(out_.begin(), out_.end(), kUntouched);
    const TileProduct product(op, threads);
    const Memory scratch(static_cast<size_t>(product.scratch_size()) * sizeof(float));
    product.run(reinterpret_cast<float*>(scratch.data()));
    for (int64_t row = 0; row < shape_.rows; ++row) {
      const float* line = out_.data() + row * out_stride_;
      for (int64_t output = 0; output < shape_.outputs; ++output)
        ASSERT_EQ(line[output], expected(row, output)) << "row " << row << ", output " << output;
      ASSERT_EQ(line[shape_.outputs], kUntouched) << "behind row " << row;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, TileProductOf,
                         ::testing::Values(Shape{1, 32, 1, false, false}, Shape{5, 33, 31, true, false},
                                           Shape{32, 64, 64, true, true}, Shape{77, 95, 129, true, true},
                                           Shape{300, 70, 1555, false, true},
                                           Shape{1100, 40, 600, true, true}),
                         [](const ::testing::TestParamInfo<Shape>& test) {
                           const Shape& shape = test.param;
                           return std::to_string(shape.rows) + "x" + std::to_string(shape.outputs) + "x" +
                                  std::to_string(shape.inputs);
                         });

// As it must, so that a diverged run is noticed.
TEST_P(TileProductOf, KeepsNaN) {
  if (!kernels::has_amx()) GTEST_SKIP() << "this CPU has no AMX";
  x_.at(shape_.rows - 1, 0) = to_bfloat16(std::numeric_limits<float>::quiet_NaN());
  const TileProduct product(resolve(), 2);
  const Memory scratch(static_cast<size_t>(product.scratch_size()) * sizeof(float));
  product.run(reinterpret_cast<float*>(scratch.data()));
  for (int64_t output = 0; output < shape_.outputs; ++output)
    ASSERT_TRUE(std::isnan(out_[static_cast<size_t>((shape_.rows - 1) * out_stride_ + output)])) << output;
  EXPECT_TRUE(shape_.rows == 1 || out_[0] == expected(0, 0)) << "another row";
}

// What is left to another product.
TEST(TileProduct, RefusesWhatItCannotDo) {
  ResolvedOp op{};
  op.op.code = TWOPASS_OP_GEMM;
  op.op.mode[1] = 1;
  op.op.scalar[0] = 1;
  op.op.out[0] = {0, 0, 0, 64, 64, 64};
  op.in_type = {TWOPASS_BF16, TWOPASS_BF16};
  EXPECT_EQ(TileProduct::can_do(op), kernels::has_amx());
  const auto refused = [&](const auto& change) {
    ResolvedOp other = op;
    change(other);
    return !TileProduct::can_do(other);
  };
  EXPECT_TRUE(refused([](ResolvedOp& other) { other.in_type[1] = TWOPASS_F32; })) << "float32";
  EXPECT_TRUE(refused([](ResolvedOp& other) { other.op.mode[0] = 1; })) << "x transposed";
  EXPECT_TRUE(refused([](ResolvedOp& other) { other.op.mode[1] = 0; })) << "w not transposed";
  EXPECT_TRUE(refused([](ResolvedOp& other) { other.op.scalar[0] = 2; })) << "scaled";
  EXPECT_TRUE(refused([](ResolvedOp& other) { other.op.scalar[1] = 1; })) << "added to what is there";
  EXPECT_TRUE(refused([](ResolvedOp& other) { other.op.out[0].columns = 31; })) << "too narrow";
  float mask = 1;
  EXPECT_TRUE(refused([&](ResolvedOp& other) { other.in_data[3] = &mask; })) << "masked";
}

}  // namespace
}  // namespace twopass::cpu
