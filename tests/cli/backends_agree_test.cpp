// The same run on all CPU backends: batches, labels and weights are the same, so only rounding may differ.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

// Relative for losses, absolute for accuracies. In bfloat16 every factor has an error of up to 2^-8, which
// grows from step to step: after 120 steps losses differ by a few percent, accuracies hardly.
constexpr double kRoundingOfFloats = 2e-3, kRoundingOfBfloat16 = 5e-2;

class BackendsAgree : public Workplace, public ::testing::WithParamInterface<const char*> {
 protected:
  fs::path folder(const std::string& name) const {
    return tiny_run().parent_path().parent_path() / name / "seed-0";
  }

  // Runs on a real subset; returns the losses of all epochs. Empty when this machine cannot.
  json run(const std::string& name, const std::string& backend) {
    const Outcome outcome =
        twopass({"run", "tiny.yaml", "name=" + name, std::string("trainer.plugin=") + GetParam(),
                 "backend=" + backend, "dataset.train_size=2000", "dataset.test_size=1000",
                 "network.hidden=[96, 64]", "trainer.batch_size=50", "trainer.learning_rate=1e-3"});
    if (outcome.err.find("AVX512_BF16") != std::string::npos) return {};
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return metrics(folder(name));
  }

  json features(const std::string& name) {
    return read_json(folder(name) / "result.json")["transfer"]["features"];
  }

  void expect_close_features(const std::string& name, double bound) {
    const json actual = features(name), expected = features("blas");
    for (const auto& [set, value] : expected.items()) EXPECT_NEAR(actual[set], value, bound) << set;
  }
};

TEST_P(BackendsAgree, InFloat32) {
  const json blas = run("blas", "{plugin: blas, threads: 2}");
  expect_close_metrics(run("onednn", "{plugin: onednn, threads: 2}"), blas, kRoundingOfFloats);
  expect_close_features("onednn", 0.01);
}

TEST_P(BackendsAgree, InBfloat16) {
  const json rounded = run("rounded", "{plugin: onednn, threads: 2, precision: bfloat16}");
  if (rounded.is_null()) GTEST_SKIP() << "this CPU does not multiply bfloat16";
  expect_close_metrics(rounded, run("blas", "{plugin: blas, threads: 2}"), kRoundingOfBfloat16);
  expect_close_features("rounded", kRoundingOfBfloat16);
}

INSTANTIATE_TEST_SUITE_P(Trainer, BackendsAgree, ::testing::Values("ff", "bp"));

}  // namespace
}  // namespace twopass::cli_test
