// Small products of a factor in bfloat16 are those of the same numbers in floats, to the last bit.

#include "cpu/small_gemm.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace twopass::cpu {
namespace {

constexpr int64_t kOutputs = 7;

class NarrowFactor : public ::testing::TestWithParam<int64_t> {};

TEST_P(NarrowFactor, MakesNoDifference) {
  constexpr int64_t kRows = 11, kGap = 3;
  const int64_t inputs = GetParam(), stride = inputs + kGap;
  std::vector<Bfloat16> narrow;
  std::vector<float> wide, b;
  for (int64_t index = 0; index < kRows * stride; ++index) {
    narrow.push_back(to_bfloat16(static_cast<float>(index % 29 - 14) * 0.37F));
    wide.push_back(static_cast<float>(narrow.back()));
  }
  for (int64_t index = 0; index < kOutputs * inputs; ++index)
    b.push_back(static_cast<float>(index % 31 - 15) * 0.113F);

  const auto run = [&](void* a, uint32_t type, int threads) {
    std::vector<float> out(kRows * kOutputs, -1);
    ResolvedOp op{};
    op.op.code = TWOPASS_OP_GEMM;
    op.op.mode[1] = 1;
    op.op.scalar[0] = 1;
    op.op.in[0] = {0, 0, 0, kRows, inputs, stride};
    op.op.in[1] = {0, 0, 0, kOutputs, inputs, inputs};
    op.op.out[0] = {0, 0, 0, kRows, kOutputs, kOutputs};
    op.in_data = {a, b.data()};
    op.in_type = {type};
    op.out_data = {out.data()};
    const Gemm gemm(op);
    EXPECT_TRUE(is_small_gemm(gemm) && reads_rounded_a(gemm));
    run_small_gemm(gemm, threads);
    return out;
  };
  const std::vector<float> expected = run(wide.data(), TWOPASS_F32, 1);
  EXPECT_EQ(run(narrow.data(), TWOPASS_BF16, 1), expected);
  EXPECT_EQ(run(narrow.data(), TWOPASS_BF16, 3), expected);
}

INSTANTIATE_TEST_SUITE_P(Inputs, NarrowFactor, ::testing::Values(1, 16, 37, 400));

}  // namespace
}  // namespace twopass::cpu
