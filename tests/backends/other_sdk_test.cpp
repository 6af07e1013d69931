// A program recorded with an SDK whose ops and buffers are smaller or larger than this one's.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "backend_under_test.hpp"
#include "twopass/lowering.hpp"

namespace twopass::test {

namespace {

// The elements at another stride, in memory that ends with the last of them.
template <class Struct>
std::vector<uint64_t> restrided(const Struct* elements, uint32_t count, int extra) {
  const auto stride = static_cast<size_t>(static_cast<int64_t>(sizeof(Struct)) + extra);
  std::vector<uint64_t> words(stride / sizeof(uint64_t) * count, ~uint64_t{0});
  for (uint32_t index = 0; index < count; ++index) {
    Struct element = elements[index];
    element.struct_size = static_cast<uint32_t>(stride);
    std::memcpy(reinterpret_cast<char*>(words.data()) + index * stride, &element,
                std::min(stride, sizeof element));
  }
  return words;
}

// What `program` holds, as an SDK with `op_extra` and `buffer_extra` bytes more per element would pass it.
class OtherSdk {
 public:
  OtherSdk(const Program& program, int op_extra, int buffer_extra) : program_(program.abi_program()) {
    ops_ = restrided(program_.ops, program_.op_count, op_extra);
    buffers_ = restrided(program_.buffers, program_.buffer_count, buffer_extra);
    program_.ops = reinterpret_cast<const twopass_op*>(ops_.data());
    program_.buffers = reinterpret_cast<const twopass_buffer*>(buffers_.data());
  }
  const twopass_program& program() const { return program_; }

 private:
  twopass_program program_;
  std::vector<uint64_t> ops_, buffers_;
};

// y = 2 layer_norm(x) of a row, computed by five ops where normalisation is lowered.
Program record(const Tensor& x, const Tensor& y) {
  Program program("other_sdk");
  const Tensor normal = program.temp("normal", x.rows(), x.columns());
  program.row_normalize(TWOPASS_LAYER_NORM, x, normal, {}, 1e-12);
  program.unary(TWOPASS_IDENTITY, normal, y, 2);
  return program;
}

class OtherSdkSizes : public ::testing::TestWithParam<int> {};

TEST_P(OtherSdkSizes, LowerToThisSdksSizes) {
  const auto host_device = open_backend("blas");
  const Device device = host_device->device();
  const Program program =
      record(device.tensor("x", TWOPASS_INPUT, 2, 3), device.tensor("y", TWOPASS_OUTPUT, 2, 3));
  const OtherSdk other(program, GetParam(), GetParam());
  const twopass_program expected = program.abi_program();
  for (const uint64_t native_ops : {uint64_t{0}, ~uint64_t{0}}) {
    const LoweredProgram lowered(other.program(), native_ops), usual(expected, native_ops);
    const twopass_program actual = lowered.abi_program();
    ASSERT_EQ(actual.op_count, usual.abi_program().op_count);
    for (uint32_t index = 0; index < actual.op_count; ++index) {
      EXPECT_EQ(actual.ops[index].struct_size, sizeof(twopass_op));
      EXPECT_EQ(actual.ops[index].code, usual.abi_program().ops[index].code);
      EXPECT_EQ(actual.ops[index].out[0].rows, 2);
    }
    for (uint32_t index = 0; index < expected.buffer_count; ++index) {
      EXPECT_EQ(actual.buffers[index].struct_size, sizeof(twopass_buffer));
      EXPECT_EQ(actual.buffers[index].columns, 3);
      EXPECT_EQ(actual.buffers[index].storage, expected.buffers[index].storage);
      if (GetParam() < 0) {
        EXPECT_EQ(actual.buffers[index].name, nullptr);
      }
    }
  }
}

// Buffers of fewer bytes than ABI 1.0's would have no name, which no SDK leaves out.
TEST_P(OtherSdkSizes, ComputeTheSame) {
  const auto host_device = open_backend("blas");
  const Device device = host_device->device();
  const Tensor x = device.tensor("x", TWOPASS_INPUT, 1, 2), y = device.tensor("y", TWOPASS_OUTPUT, 1, 2);
  device.upload(x, std::vector<float>{3, 5});
  const Program program = record(x, y);
  const OtherSdk other(program, GetParam(), std::max(GetParam(), 0));
  const twopass_device handle = host_device->abi_device();
  void* compiled = nullptr;
  abi::call(handle.api->compile, handle.self, &other.program(), &compiled);
  CompiledProgram(handle, compiled, 0).run();
  EXPECT_EQ(device.download<float>(y), (std::vector<float>{-2, 2}));
}

INSTANTIATE_TEST_SUITE_P(BytesMore, OtherSdkSizes, ::testing::Values(-8, 8),
                         [](const auto& instance) { return instance.param < 0 ? "Fewer" : "More"; });

}  // namespace
}  // namespace twopass::test
