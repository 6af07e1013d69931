// Kernels that write bfloat16 round what the same kernel writes as floats, and those that read it see the
// same numbers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "cpu/kernels.hpp"

namespace twopass::cpu::kernels {
namespace {

using ::testing::ElementsAreArray;

std::vector<float> numbers(int64_t count, int64_t seed) {
  std::vector<float> values;
  for (int64_t index = 0; index < count; ++index)
    values.push_back(std::sin(static_cast<float>(index * 7 + seed)) * static_cast<float>(1 + index % 5));
  return values;
}

std::vector<uint16_t> rounded(const std::vector<float>& values) {
  std::vector<uint16_t> bits;
  for (const float value : values) bits.push_back(to_bfloat16(value).bits);
  return bits;
}

std::vector<uint16_t> bits_of(const std::vector<Bfloat16>& values) {
  std::vector<uint16_t> bits;
  for (const Bfloat16 value : values) bits.push_back(value.bits);
  return bits;
}

class Rounded : public ::testing::TestWithParam<int64_t> {  // numbers in a row
 protected:
  int64_t n_ = GetParam();
  std::vector<float> x_ = numbers(n_, 1), y_ = numbers(n_, 2), mask_ = numbers(n_, 3),
                     wide_ = std::vector<float>(static_cast<size_t>(n_));
  std::vector<Bfloat16> narrow_ = std::vector<Bfloat16>(static_cast<size_t>(n_));
};

TEST_P(Rounded, Convert) {
  convert(x_.data(), wide_.data(), n_, 0.3F, 0.1F);
  convert(x_.data(), narrow_.data(), n_, 0.3F, 0.1F);
  EXPECT_THAT(bits_of(narrow_), ElementsAreArray(rounded(wide_)));
}

TEST_P(Rounded, Normalize) {
  for (const auto kind : {TWOPASS_LAYER_NORM, TWOPASS_UNIT_LENGTH, TWOPASS_NORMALIZE_NONE}) {
    const float inverse = normalize(kind, x_.data(), wide_.data(), n_, 1e-5F);
    EXPECT_EQ(normalize(kind, x_.data(), narrow_.data(), n_, 1e-5F), inverse);
    EXPECT_THAT(bits_of(narrow_), ElementsAreArray(rounded(wide_)));
  }
}

TEST_P(Rounded, NormalizeGradient) {
  for (const float* mask : {static_cast<const float*>(nullptr), static_cast<const float*>(mask_.data())}) {
    normalize_gradient(TWOPASS_LAYER_NORM, x_.data(), y_.data(), 0.7F, mask, wide_.data(), n_);
    normalize_gradient(TWOPASS_LAYER_NORM, x_.data(), y_.data(), 0.7F, mask, narrow_.data(), n_);
    EXPECT_THAT(bits_of(narrow_), ElementsAreArray(rounded(wide_)));
  }
}

TEST_P(Rounded, ColumnSums) {
  constexpr int64_t kRows = 9;
  const std::vector<float> values = numbers(kRows * n_, 4);
  std::vector<Bfloat16> narrow;
  std::vector<float> same, expected(static_cast<size_t>(n_)), sums(static_cast<size_t>(n_));
  for (const float value : values) {
    narrow.push_back(to_bfloat16(value));
    same.push_back(static_cast<float>(narrow.back()));
  }
  for (const auto reduction : {TWOPASS_SUM, TWOPASS_SUM_SQUARES, TWOPASS_MAX}) {
    reduce_columns(reduction, same.data(), kRows, n_, expected.data(), n_);
    reduce_columns(reduction, narrow.data(), kRows, n_, sums.data(), n_);
    EXPECT_THAT(sums, ElementsAreArray(expected));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Rounded, ::testing::Values(1, 15, 64, 300, 2000));

}  // namespace
}  // namespace twopass::cpu::kernels
