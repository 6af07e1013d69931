// Results folders that cannot be written: a clear message, and nothing that was there is lost.

#include <sys/stat.h>

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class ReadOnlyFolder : public Workplace {
 protected:
  ReadOnlyFolder() { around_.obeys_permissions = true; }
  ~ReadOnlyFolder() override {
    if (fs::exists(path("results"))) allow_writing(true);
  }
  void SetUp() override {
    if (Process({"/bin/true"}, around_).wait().exit_code != 0)
      GTEST_SKIP() << "root cannot give up its powers here";
  }

  // In the results folder and all folders below it. Files may stay as they are, for only a writable folder
  // lets one be replaced.
  void allow_writing(bool yes) const {
    const auto set = [&](const fs::path& folder) { chmod(folder.c_str(), yes ? 0755 : 0555); };
    set(path("results"));
    for (const auto& entry : fs::recursive_directory_iterator(path("results")))
      if (entry.is_directory()) set(entry.path());
  }
  Outcome twopass(const std::vector<std::string>& arguments) const {
    return Workplace::twopass(arguments, around_);
  }
  fs::path newest_checkpoint() const {
    fs::path newest;
    std::error_code ignored;  // not there yet
    for (const auto& entry : fs::directory_iterator(tiny_run() / "checkpoints", ignored))
      if (entry.path().extension() == ".safetensors") newest = std::max(newest, entry.path());
    return newest;
  }
  // Starts a run that would take long and waits until it has a checkpoint more.
  std::unique_ptr<Process> start() const {
    const fs::path before = newest_checkpoint();
    auto process = std::make_unique<Process>(command(kLong), around_);
    wait_until([&] { return newest_checkpoint() > before; });
    return process;
  }

  static inline const std::vector<std::string> kLong{"run", "tiny.yaml", "trainer.epochs=100000"};
  Surroundings around_ = surroundings();
};

TEST_F(ReadOnlyFolder, IsNamedBeforeARunBegins) {
  fs::create_directory(path("results"));
  allow_writing(false);
  const Outcome outcome = twopass({"run", "tiny.yaml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(
      outcome.err,
      "error: cannot create results/tiny/seed-0: Permission denied; choose another folder with --results\n");
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_TRUE(fs::is_empty(path("results")));
}

TEST_F(ReadOnlyFolder, KeepsWhatAnInterruptedRunLearned) {
  const auto first = start();
  first->send(SIGTERM);
  ASSERT_EQ(first->wait().exit_code, 75);
  const auto before = snapshot(tiny_run());
  allow_writing(false);
  const Outcome refused = twopass(kLong);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err,
            "error: cannot write into results/tiny/seed-0: Permission denied; choose another folder with "
            "--results\n");
  EXPECT_EQ(snapshot(tiny_run()), before);

  allow_writing(true);
  const auto second = start();
  second->send(SIGTERM);
  EXPECT_THAT(second->wait().err, ::testing::StartsWith("resuming after epoch "));
}

TEST_F(ReadOnlyFolder, EndsARunThatGoesOnLater) {
  const auto first = start();
  allow_writing(false);
  const Outcome failed = first->wait();
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err,
              ContainsRegex("error: cannot write results/tiny/seed-0/[^\n]+: Permission denied\n$"));

  allow_writing(true);
  const auto second = start();
  second->send(SIGTERM);
  EXPECT_THAT(second->wait().err, ::testing::StartsWith("resuming after epoch "));
}

TEST_F(ReadOnlyFolder, StillShowsARunThatIsDone) {
  const Outcome first = twopass({"run", "tiny.yaml"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  allow_writing(false);
  const Outcome again = twopass({"run", "tiny.yaml"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, first.out);
}

TEST_F(ReadOnlyFolder, IsNamedBeforeASweepBegins) {
  write("study.yaml", "name: study\nbase: tiny.yaml\nseeds: [0, 1]\n");
  fs::create_directory(path("results"));
  allow_writing(false);
  for (const char* action : {"plan", "run"}) {
    const Outcome outcome = twopass({"sweep", action, "study.yaml"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err,
              "error: cannot create results/study/configs: Permission denied; choose another folder with "
              "--results\n");
  }
  EXPECT_TRUE(fs::is_empty(path("results")));
}

}  // namespace
}  // namespace twopass::cli_test
