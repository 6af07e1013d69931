// Good plugins pass: those that twopass comes with, and the bad ones when they behave, built against this SDK
// or against the first one.

#include "kit.hpp"

namespace twopass::cli_test {
namespace {

struct Good {
  fs::path folder;
  std::string plugin;
  std::vector<std::string> arguments{};
  std::string setting{};

  friend std::ostream& operator<<(std::ostream& out, const Good& good) { return out << good.plugin; }
};

// Of a backend not every op: those are what backends_test is for, with the same function.
const std::vector<std::string> kBackend{"--only", "library",   "--only",  "options",          "--only",
                                        "life",   "--only",    "backend", "--only",           "op.gemm_layer",
                                        "--only", "op.select", "--only",  "op.optimizer_adam"};

const Good kGood[] = {
    {kOwnPlugins, "fashion_mnist"},
    {kOwnPlugins, "mnist"},
    {kOwnPlugins, "cifar10"},
    {kOwnPlugins, "svhn"},
    {kOwnPlugins, "rotation"},
    {kOwnPlugins, "flip"},
    {kOwnPlugins, "jigsaw"},
    {kOwnPlugins, "supervised"},
    {kOwnPlugins, "ff"},
    {kOwnPlugins, "bp"},
    {kOwnPlugins, "none"},
    {kOwnPlugins, "blas", kBackend, "threads=2"},
    {kOwnPlugins, "onednn", kBackend, "precision=bfloat16"},
    {kOwnPlugins, "cuda", kBackend},
    {kBadPlugins, "bad_dataset"},
    {kBadPlugins, "bad_pretext"},
    {kBadPlugins, "bad_pretext", {}, "fault=good_transform"},
    {kBadPlugins, "bad_trainer"},
    {kBadPlugins, "bad_backend", kBackend},
    {kSdk10Plugins, "bad_dataset"},
    {kSdk10Plugins, "bad_pretext"},
    {kSdk10Plugins, "bad_trainer"},
    {kSdk10Plugins, "bad_backend", kBackend},
};

class GoodPluginCheck : public Kit, public ::testing::WithParamInterface<Good> {};

TEST_P(GoodPluginCheck, IsPassed) {
  if (GetParam().plugin == "cuda" && !fs::exists(kOwnPlugins / "cuda.twopass.so"))
    GTEST_SKIP() << "the CUDA backend was not built: there was no nvcc";
  std::vector<std::string> arguments = GetParam().arguments;
  arguments.emplace_back("--json");
  if (!GetParam().setting.empty()) arguments.push_back(GetParam().setting);
  const Outcome outcome = check(GetParam().folder, GetParam().plugin, arguments);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_TRUE(report["good"].get<bool>());
  for (const json& line : report["checks"]) {
    if (line["outcome"] == "warn")
      EXPECT_TRUE((GetParam().plugin == "none" && line["name"] == "trainer.learns") ||
                  line["name"] == "library.quick")  // on a machine that has other things to do
          << line;
    else if (line["outcome"] == "skip")
      EXPECT_THAT(
          line["text"].get<std::string>(),
          ContainsRegex(
              "was not found|only moves pixels|without maps|does not say that it is local|a sanitizer|"
              "no CUDA device|cannot multiply bfloat16"));
    else
      EXPECT_EQ(line["outcome"], "pass") << line;
  }
}

INSTANTIATE_TEST_SUITE_P(Own, GoodPluginCheck, ::testing::ValuesIn(kGood), [](const auto& test) {
  return test.param.plugin + (test.param.folder == kSdk10Plugins ? "_of_sdk_1_0" : "") +
         (test.param.setting.starts_with("fault=") ? "_transform" : "");
});

}  // namespace
}  // namespace twopass::cli_test
