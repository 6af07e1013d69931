// The CUDA backend as a user meets it: with a GPU, runs that agree with the CPU's; without one, why not.
// Where it was not built, these tests are skipped.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class Cuda : public Workplace {
 protected:
  void SetUp() override {
    if (twopass({"inspect", "backend/cuda"}).exit_code == 5)
      GTEST_SKIP() << "the CUDA backend was not built: there was no nvcc";
  }

  // Empty with a GPU, else what a run says.
  std::string missing() const {
    const Outcome outcome = twopass({"run", "tiny.yaml", "backend=cuda", "name=probe"});
    if (outcome.exit_code == 0) return "";
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    return outcome.err;
  }
};

class CudaRun : public Cuda, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Cuda::SetUp();
    if (IsSkipped()) return;
    if (const std::string text = missing(); !text.empty()) GTEST_SKIP() << text;
  }

  // One epoch of 200 steps, the first ones of a run.
  json run(const std::string& name, const std::string& backend) const {
    const Outcome outcome =
        twopass({"run", "tiny.yaml", "name=" + name, std::string("trainer.plugin=") + GetParam(),
                 "backend=" + backend, "dataset.train_size=10000", "dataset.test_size=1000",
                 "network.hidden=[96, 64]", "trainer.epochs=1"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return metrics(path("results") / name / "seed-0");
  }
};

// The same sources on an emulation of the GPU (tests/backends/cuda_on_host), on any machine.
class CudaOnHost : public Workplace, public ::testing::WithParamInterface<const char*> {
 protected:
  json run(const std::string& backend) const {
    Surroundings around = surroundings();
    around.environment["TWOPASS_PLUGIN_PATH"] = CUDA_ON_HOST;
    const Outcome outcome =
        twopass({"run", "tiny.yaml", "--results", "by-" + backend, "backend=" + backend,
                 std::string("trainer.plugin=") + GetParam(), "dataset.train_size=100",
                 "dataset.test_size=50", "network.hidden=[9, 8]", "trainer.epochs=2", "transfer.epochs=1"},
                around);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    if (backend == "cuda") {  // the emulation's GPU has 1 GiB
      EXPECT_THAT(
          outcome.err,
          ContainsRegex("this run held at most [0-9]+ MB of the GPU's 1074 MB; with about 500 MB that "
                        "CUDA takes for each process, there is room for 1 like it"));
    }
    return metrics(path("by-" + backend) / "tiny" / "seed-0");
  }
};

TEST_P(CudaOnHost, AgreesWithTheCpu) {
  if (!fs::exists(fs::path(CUDA_ON_HOST) / "cuda.twopass.so")) GTEST_SKIP() << "it was not built";
  const json cpu = run("blas"), emulated = run("cuda");
  ASSERT_EQ(emulated.size(), cpu.size());
  for (size_t epoch = 0; epoch < cpu.size(); ++epoch)
    for (const auto& [name, value] : cpu[epoch]["train"].items())
      EXPECT_NEAR(emulated[epoch]["train"][name], value, 1e-4 * std::abs(value.get<double>())) << name;
}

INSTANTIATE_TEST_SUITE_P(Trainer, CudaOnHost, ::testing::Values("ff", "bp"));

TEST_F(Cuda, SaysWhyThereIsNoDevice) {
  const std::string text = missing();
  if (text.empty()) GTEST_SKIP() << "there is one";
  EXPECT_THAT(text, HasSubstr("no CUDA device: "));
  const bool has_driver = fs::exists("/proc/driver/nvidia");
  EXPECT_EQ(text.find("no NVIDIA driver is installed on this machine") == std::string::npos, has_driver)
      << text;
  EXPECT_THAT(twopass({"doctor"}).out, ContainsRegex("problem +backend/cuda: .*no CUDA device: "));
}

TEST_F(Cuda, IsCheckedOnPaperWithoutADevice) {
  const Outcome outcome = twopass({"check", "tiny.yaml", "backend={plugin: cuda, precision: bfloat16}"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

// Bounds as between the CPU backends, over the mean losses of the first 200 steps.
TEST_P(CudaRun, AgreesWithTheCpu) {
  const json cpu = run("cpu", "{plugin: blas, threads: 2}");
  expect_close_metrics(run("float32", "cuda"), cpu, 2e-3);
  expect_close_metrics(run("steps", "{plugin: cuda, graph: false}"), cpu, 2e-3);
  expect_close_metrics(run("bfloat16", "{plugin: cuda, precision: bfloat16}"), cpu, 5e-2);
}

TEST_P(CudaRun, GivesTheSameBytesTwice) {
  EXPECT_EQ(run("first", "cuda"), run("second", "cuda"));
  EXPECT_EQ(content(path("results/first/seed-0/model.safetensors")),
            content(path("results/second/seed-0/model.safetensors")));
}

INSTANTIATE_TEST_SUITE_P(Trainer, CudaRun, ::testing::Values("ff", "bp"));

}  // namespace
}  // namespace twopass::cli_test
