// The joined update gives the same bits on any number of threads, whoever sums which part.

#include "cpu/weight_update.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "backends/tile_names.hpp"
#include "cpu/memory.hpp"
#include "cpu/tile_kernels.hpp"

namespace twopass::cpu {
namespace {

using kernels::Tiles;

constexpr int64_t kBatch = 37;

// Weights [rows, columns] after three steps of Adam on their product, with and without a second product that
// adds to the first columns.
template <class T>
std::vector<float> updated(Tiles tiles, int64_t rows, int64_t columns, int threads) {
  const auto factor = [](int64_t width, int64_t seed) {
    std::vector<T> values;
    for (int64_t index = 0; index < kBatch * width; ++index) {
      const float value = static_cast<float>((index * index + seed) % 101 - 50) * 0.0137F;
      if constexpr (std::is_same_v<T, float>)
        values.push_back(value);
      else
        values.push_back(to_bfloat16(value));
    }
    return values;
  };
  constexpr int64_t kFew = 5;
  std::vector<T> a = factor(rows, 1), b = factor(columns, 7), few = factor(kFew, 3);
  std::vector<float> weight(static_cast<size_t>(rows * columns), 0.5F), first(weight.size()),
      second(weight.size());

  const uint32_t type = std::is_same_v<T, float> ? TWOPASS_F32 : TWOPASS_BF16;
  const auto product = [&](std::vector<T>& right, int64_t width) {
    ResolvedOp op{};
    op.op.code = TWOPASS_OP_GEMM;
    op.op.in[0] = {0, 0, 0, kBatch, rows, rows};
    op.op.in[1] = {0, 0, 0, kBatch, width, width};
    op.in_data = {a.data(), right.data()};
    op.in_type = {type, type};
    return op;
  };
  ResolvedOp optimizer{};
  optimizer.op.code = TWOPASS_OP_OPTIMIZER;
  optimizer.op.mode[0] = TWOPASS_ADAM;
  optimizer.op.slot[0] = 0;
  optimizer.op.slot[1] = 1;
  optimizer.op.scalar[0] = 0.9;
  optimizer.op.scalar[1] = 0.999;
  optimizer.op.scalar[2] = 1e-8;
  for (size_t index = 0; index < 3; ++index) optimizer.op.out[index] = {0, 0, 0, rows, columns, columns};
  optimizer.out_data = {weight.data(), first.data(), second.data()};

  const std::vector<ResolvedOp> ops{product(b, columns), product(few, kFew), optimizer};
  const WeightUpdate update(ops, tiles, threads);
  const Memory scratch(static_cast<size_t>(update.scratch_size()) * sizeof(float));
  for (double step = 1; step <= 3; ++step) {
    const double slots[] = {0.01, step};
    update.run(slots, reinterpret_cast<float*>(scratch.data()));
  }
  return weight;
}

class JoinedUpdate : public ::testing::TestWithParam<Tiles> {
 protected:
  static std::vector<float> weights(int64_t rows, int64_t columns, int threads) {
    return GetParam() == Tiles::kFloat32 ? updated<float>(GetParam(), rows, columns, threads)
                                         : updated<Bfloat16>(GetParam(), rows, columns, threads);
  }
};

// Few rows, as those of probes; so few columns that some threads have nothing to do; blocks of rows that are
// cut between threads.
TEST_P(JoinedUpdate, DoesNotDependOnThreads) {
  if (!kernels::has_tiles(GetParam())) GTEST_SKIP() << "this CPU has no such instructions";
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{30, 500}, {7, 40}, {333, 210}}) {
    const std::vector<float> expected = weights(rows, columns, 1);
    EXPECT_NE(expected.front(), 0.5F) << "nothing was learned";
    for (const int threads : {2, 3, 7})
      EXPECT_EQ(weights(rows, columns, threads), expected)
          << rows << " x " << columns << ", " << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(All, JoinedUpdate, ::testing::Values(Tiles::kFloat32, Tiles::kBfloat16, Tiles::kAmx),
                         kernels::name_of);

}  // namespace
}  // namespace twopass::cpu
