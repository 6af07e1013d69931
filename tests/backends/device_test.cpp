// The host's device in front of a real backend.

#include "host/device.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>

#include "backend_under_test.hpp"
#include "support/error_of.hpp"

namespace twopass::test {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HostDevice, ReportsWhatTheBackendIs) {
  const auto host_device = open_backend("blas", {"threads=2"});
  EXPECT_EQ(host_device->info().threads, 2U);
  EXPECT_STREQ(host_device->info().precision, "float32");
  EXPECT_THAT(host_device->info().device, HasSubstr("OpenBLAS"));
}

// Fails only where the CPU is newer than OpenBLAS, as a Xeon of 2023 is for OpenBLAS 0.3.21.
TEST(HostDevice, BlasTakesNoKernelsOlderThanTheCpu) {
  if (std::getenv("OPENBLAS_CORETYPE")) GTEST_SKIP() << "OPENBLAS_CORETYPE chooses the kernels";
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    GTEST_SKIP() << "the CPU is as old as OpenBLAS's oldest kernels";
  EXPECT_THAT(open_backend("blas")->info().device, Not(HasSubstr("Prescott")));
  EXPECT_EQ(std::getenv("OPENBLAS_CORETYPE"), nullptr) << "child processes would inherit it";
}

TEST(HostDevice, RefusesTwoParamsOfOneName) {
  const auto host_device = open_backend("blas");
  const Device device = host_device->device();
  device.tensor("scratch", TWOPASS_INPUT, 2, 3);
  device.tensor("scratch", TWOPASS_INPUT, 2, 3);
  const Tensor weight = device.tensor("layers.0.weight", TWOPASS_PARAM, 2, 3);
  EXPECT_THAT(error_of([&] { device.tensor("layers.0.weight", TWOPASS_STATE, 1, 1); }),
              HasSubstr("there is already a param or state tensor named 'layers.0.weight'"));
  ASSERT_EQ(host_device->persistent().size(), 1U);
  EXPECT_EQ(host_device->persistent()[0].buffer()->storage, weight.buffer()->storage);
  EXPECT_EQ(host_device->buffer_bytes(), 3 * 24);
}

TEST(HostDevice, RefusesTypesThatTheBackendLacks) {
  const auto host_device = open_backend("blas");
  const twopass_device device = host_device->abi_device();
  const twopass_buffer buffer{sizeof(twopass_buffer), 9, TWOPASS_INPUT, 0, 1, 1, nullptr, "x"};
  void* storage = nullptr;
  EXPECT_THAT(error_of([&] { abi::call(device.api->buffer_create, device.self, &buffer, &storage); }),
              HasSubstr("has no buffers of type unknown type, which 'x' needs"));
}

TEST(HostDevice, ChecksProgramsAndSlots) {
  const auto host_device = open_backend("blas");
  const Device device = host_device->device();
  Program wrong("wrong");
  wrong.unary(TWOPASS_RELU, device.tensor("x", TWOPASS_INPUT, 2, 3),
              device.tensor("y", TWOPASS_OUTPUT, 3, 2));
  EXPECT_THAT(error_of([&] { device.compile(wrong); }),
              HasSubstr("program 'wrong', op 0 unary: out must be [2, 3]"));

  Program slice("slice");
  const Slot row = slice.slot();
  slice.copy(device.tensor("long", TWOPASS_INPUT, 5, 1), device.tensor("short", TWOPASS_OUTPUT, 2, 1),
             {.in_row = row});
  const CompiledProgram compiled = device.compile(slice);
  EXPECT_THAT(error_of([&] { compiled.run({4}); }), HasSubstr("must be an integer from 0 to 3"));
}

TEST(HostDevice, NamesTheBackendThatFails) {
  const auto host_device = open_backend("blas");
  const Device device = host_device->device();
  const Tensor index = device.tensor("index", TWOPASS_INPUT, 1, 1, TWOPASS_I32);
  device.upload(index, std::vector<int32_t>{3});
  Program program("gather");
  program.gather_rows(device.tensor("in", TWOPASS_INPUT, 3, 2), index,
                      device.tensor("out", TWOPASS_OUTPUT, 1, 2));
  EXPECT_EQ(error_of([&] { device.compile(program).run(); }),
            "backend 'blas': gather_rows: an index is 3, but must be within 0 and 2");
}

int64_t resident_bytes() {
  int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST(HostDevice, GivesBackTheMemoryOfAScope) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer keeps freed memory for a while";
#endif
  const auto host_device = open_backend("blas");
  constexpr int64_t kMegabytes = 64;
  const int64_t before = resident_bytes();
  for (int round = 0; round < 2; ++round) {
    host::HostDevice::Scope scope(*host_device);
    const Tensor x = scope.device().tensor("x", TWOPASS_INPUT, kMegabytes, 1 << 20, TWOPASS_U8);
    scope.device().upload(x, std::vector<uint8_t>(kMegabytes << 20, 1));
    EXPECT_GT(resident_bytes() - before, kMegabytes << 20);
  }
  EXPECT_LT(resident_bytes() - before, (kMegabytes << 20) / 2);
}

TEST(HostDevice, RefusesParamsInAScope) {
  const auto host_device = open_backend("blas");
  host::HostDevice::Scope scope(*host_device);
  EXPECT_THAT(error_of([&] { scope.device().tensor("weight", TWOPASS_PARAM, 1, 1); }),
              HasSubstr("'weight' is a param or state, which lives as long as the device"));
}

TEST(HostDevice, UploadsWholeBuffersOrWholeRows) {
  const auto host_device = open_backend("blas");
  const Device device = host_device->device();
  const Tensor x = device.tensor("x", TWOPASS_INPUT, 3, 2);
  const auto rows = [&](int64_t first, const std::vector<float>& values) {
    return error_of([&] { device.upload_rows(x, first, std::span<const float>(values)); });
  };
  EXPECT_EQ(rows(1, {1, 2, 3, 4}), "no error");
  EXPECT_EQ(device.download<float>(x), (std::vector<float>{0, 0, 1, 2, 3, 4}));
  EXPECT_EQ(rows(3, {}), "no error");
  for (const size_t count : {4U, 5U, 8U})
    EXPECT_THAT(error_of([&] { device.upload(x, std::vector<float>(count)); }), HasSubstr("tensor 'x'"))
        << count << " values for 6";
  EXPECT_THAT(rows(0, {1, 2, 3}), HasSubstr("do not fit")) << "half a row";
  EXPECT_THAT(rows(2, {1, 2, 3, 4}), HasSubstr("do not fit")) << "past the end";
  EXPECT_THAT(rows(-1, {1, 2}), HasSubstr("do not fit")) << "before the start";
}

TEST(HostDevice, FillsTheCallersInfoAsFarAsItGoes) {
  const auto host_device = open_backend("blas", {"threads=2"});
  const twopass_device handle = host_device->abi_device();
  twopass_backend_info info{};
  info.struct_size = offsetof(twopass_backend_info, deterministic);
  info.deterministic = 99;
  abi::call(handle.api->open, handle.self, &info);
  EXPECT_EQ(info.struct_size, offsetof(twopass_backend_info, deterministic));
  EXPECT_EQ(info.threads, 2U);
  EXPECT_EQ(info.deterministic, 99U);
}

// In a run, threads flush denormals; afterwards the caller's arithmetic is as before.
TEST(HostDevice, RunsLeaveTheCallersFloatingPointStateAlone) {
  const auto host_device = open_backend("blas", {"threads=2"});
  const Device device = host_device->device();
  const Tensor x = device.tensor("x", TWOPASS_INPUT, 300, 100),
               y = device.tensor("y", TWOPASS_OUTPUT, 300, 100);
  constexpr float kDenormal = 1e-39F;
  device.upload(x, std::vector<float>(30000, kDenormal));
  Program program("double");
  program.unary(TWOPASS_IDENTITY, x, y, 2);
  device.compile(program).run();
  EXPECT_EQ(device.download<float>(y), std::vector<float>(30000, 0.0F));
  volatile float doubled = kDenormal;
  doubled = doubled * 2;
  EXPECT_GT(doubled, 0.0F);
}

TEST(HostDevice, OnPaperChecksAndCountsButComputesNothing) {
  host::HostDevice paper;
  const Device device = paper.device();
  const Tensor huge = device.tensor("huge", TWOPASS_PARAM, int64_t{1} << 30, 1024);
  const Tensor small = device.tensor("small", TWOPASS_INPUT, 2, 2),
               out = device.tensor("out", TWOPASS_OUTPUT, 2, 2);
  EXPECT_EQ(paper.buffer_bytes(), (int64_t{1} << 42) + 32);
  EXPECT_EQ(paper.persistent().size(), 1U);

  Program program("paper");
  program.row_normalize(TWOPASS_LAYER_NORM, small, out, {}, 1e-5);
  device.upload(small, std::vector<float>{1, 2, 3, 4});
  const CompiledProgram compiled = device.compile(program);
  compiled.run();
  EXPECT_EQ(device.download<float>(out), std::vector<float>(4, 0.0F));

  Program wrong("wrong");
  wrong.unary(TWOPASS_RELU, small, huge);
  EXPECT_THAT(error_of([&] { device.compile(wrong); }), HasSubstr("out must be [2, 2]"));
}

}  // namespace
}  // namespace twopass::test
