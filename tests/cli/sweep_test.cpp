// Sweeps: every run is what `twopass run` makes of it, whatever happens on the way.

#include "sweeps.hpp"

namespace twopass::cli_test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr const char* kStudy = R"(name: study
base: tiny.yaml
grid: {trainer.plugin: [ff, bp]}
seeds: [0, 1]
)";
// A short run, and two that are long enough to be caught in the middle.
constexpr const char* kLong = R"(name: study
base: tiny.yaml
zip: {trainer.epochs: [1, 100, 101], dataset.train_size: [400, 4000, 4000]}
)";
const std::string kShortRun = "epochs-1-train_size-400";
const std::string kLongRuns[] = {"epochs-100-train_size-4000", "epochs-101-train_size-4000"};

class SweepRun : public SweepWorkplace {
 protected:
  SweepRun() { write("study.yaml", kStudy); }

  bool has_checkpoint(const std::string& name) const {
    std::error_code not_there_yet;
    for (const auto& entry : fs::directory_iterator(run_folder(name, 0) / "checkpoints", not_there_yet))
      if (entry.path().extension() == ".safetensors") return true;
    return false;
  }
  // Two runs at work, one done.
  void wait_for_the_middle() const {
    wait_until([&] {
      return has_checkpoint(kLongRuns[0]) && has_checkpoint(kLongRuns[1]) &&
             fs::exists(study("attempts/" + kShortRun + "-seed-0.json")) &&
             read_json(study("attempts/" + kShortRun + "-seed-0.json"))["outcome"] == "done";
    });
  }
  Outcome stop_in_the_middle(int signal) const {
    write("study.yaml", kLong);
    Process process(command({"sweep", "run", "study.yaml", "-j", "3"}), surroundings());
    wait_for_the_middle();
    process.send(signal);
    return process.wait();
  }
  void expect_as_by_hand(const fs::path& run, const std::vector<std::string>& overrides) const {
    std::vector<std::string> arguments{"run", "tiny.yaml", "--results", "by-hand"};
    arguments.insert(arguments.end(), overrides.begin(), overrides.end());
    ASSERT_EQ(twopass(arguments).exit_code, 0);
    const fs::path by_hand = path("by-hand/tiny/seed-" + run.filename().string().substr(5));
    EXPECT_TRUE(content(run / "model.safetensors") == content(by_hand / "model.safetensors"));
    EXPECT_EQ(metrics(run), metrics(by_hand));
    fs::remove_all(path("by-hand"));
  }
  void expect_to_finish() const {
    const auto finished = snapshot(run_folder(kShortRun, 0));
    const Outcome resumed = sweep({"run", "study.yaml", "-j", "2"});
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr(kLongRuns[0] + " seed 0: goes on"));
    EXPECT_EQ(snapshot(run_folder(kShortRun, 0)), finished) << "what is done is left alone";
    EXPECT_THAT(content(run_folder(kLongRuns[0], 0) / "log.txt"), HasSubstr("resuming after epoch"));
    expect_as_by_hand(run_folder(kLongRuns[0], 0), {"trainer.epochs=100", "dataset.train_size=4000"});
    EXPECT_THAT(resumed.out, HasSubstr("3 runs: 3 done\n"));
  }
};

TEST_F(SweepRun, IsFrozenByItsPlan) {
  const Outcome planned = sweep({"plan", "study.yaml"});
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_EQ(planned.out, R"(run  seed  state
ff      0  waiting
ff      1  waiting
bp      0  waiting
bp      1  waiting

4 runs: 4 waiting
results/study/plan.json
)");
  const json run = read_json(study("plan.json"))["runs"][3];
  EXPECT_EQ(run["labels"], (json{{"trainer.plugin", "bp"}}));
  const Outcome checked = twopass({"check", "tiny.yaml", "trainer.plugin=bp", "seed=1", "name=bp", "--json"});
  EXPECT_EQ(run["config_hash"], json::parse(checked.out)["config_hash"]);
  EXPECT_EQ(content(study("configs/bp-seed-1.yaml")), json::parse(checked.out)["config"].get<std::string>());
  EXPECT_THAT(snapshot(study("runs")), IsEmpty());
}

TEST_F(SweepRun, TakesChangesToEveryRun) {
  const Outcome done = sweep({"run", "study.yaml", "name=quick", "trainer.epochs=1", "--quiet"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("4 runs: 4 done\n"));
  EXPECT_EQ(metrics(path("results/quick/runs/bp/seed-1")).size(), 1U);
  EXPECT_EQ(sweep({"run", "study.yaml", "name=quick", "trainer.epochs=1"}).exit_code, 0) << "nothing is left";
  const Outcome other = sweep({"run", "study.yaml", "name=quick"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("trainer.epochs was 1 and is now 3; give it another name"));
  EXPECT_FALSE(fs::exists(study("")));
}

TEST_F(SweepRun, SaysWhichRunAWarningIsAbout) {
  write("study.yaml", "name: study\nbase: tiny.yaml\ngrid: {trainer.threshold: [1, 4e3]}\n");
  const Outcome planned = sweep({"plan", "study.yaml"});
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(planned.err,
              StartsWith("warning: threshold-4e3: trainer 'ff': layer 1 starts with a goodness near"));
  EXPECT_THAT(planned.err, Not(HasSubstr("threshold-1:")));
}

TEST_F(SweepRun, MakesWhatSingleRunsMakeAndOnlyOnce) {
  const Outcome first = sweep({"run", "study.yaml", "-j", "2"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("4 runs: 4 done\n"));
  EXPECT_THAT(states(), ElementsAre(Pair("bp/0", "done"), Pair("bp/1", "done"), Pair("ff/0", "done"),
                                    Pair("ff/1", "done")));
  expect_as_by_hand(run_folder("ff", 0), {});
  expect_as_by_hand(run_folder("bp", 1), {"trainer.plugin=bp", "seed=1"});

  const auto before = snapshot(study(""));
  EXPECT_EQ(sweep({"run", "study.yaml"}).exit_code, 0);
  EXPECT_EQ(snapshot(study("")), before);

  write("table.yaml", "title: t\nrows: trainer\ncolumns: pretext\nvalue: pretext.test_accuracy\n");
  const Outcome table = twopass({"table", "table.yaml", "results"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, ContainsRegex("ff .*\\(2\\)")) << "two seeds";
}

TEST_F(SweepRun, GoesOnAfterBeingKilled) {
  ASSERT_EQ(stop_in_the_middle(SIGKILL).signal, SIGKILL);
  expect_to_finish();  // at once, while the runs that were left behind may still be stopping
}

TEST_F(SweepRun, LeavesNoRunBehindWhenKilled) {
  ASSERT_EQ(stop_in_the_middle(SIGKILL).signal, SIGKILL);
  wait_until([&] {
    const auto now = states();
    return now.at(kLongRuns[0] + "/0") == "interrupted" && now.at(kLongRuns[1] + "/0") == "interrupted";
  });
}

class SweepSignal : public SweepRun, public ::testing::WithParamInterface<int> {};

TEST_P(SweepSignal, StopsAllRunsThatGoOnLater) {
  const Outcome stopped = stop_in_the_middle(GetParam());
  EXPECT_EQ(stopped.exit_code, 75);
  EXPECT_THAT(stopped.err, ::testing::EndsWith("stopped; the same command goes on from there\n"));
  EXPECT_THAT(states(), ElementsAre(Pair(kShortRun + "/0", "done"), Pair(kLongRuns[0] + "/0", "interrupted"),
                                    Pair(kLongRuns[1] + "/0", "interrupted")));
  expect_to_finish();
}

INSTANTIATE_TEST_SUITE_P(Sweep, SweepSignal, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& test) { return test.param == SIGINT ? "SIGINT" : "SIGTERM"; });

TEST_F(SweepRun, IsForOneCommandAtATime) {
  write("study.yaml", kLong);
  Process process(command({"sweep", "run", "study.yaml", "-j", "3"}), surroundings());
  wait_until([&] { return has_checkpoint(kLongRuns[0]); });
  EXPECT_EQ(states().at(kLongRuns[0] + "/0"), "running");
  for (const char* action : {"run", "plan"}) {
    const Outcome second = sweep({action, "study.yaml"});
    EXPECT_EQ(second.exit_code, 2);
    EXPECT_EQ(second.err,
              "error: another process is working in results/study; wait for it or choose another folder with "
              "--results\n");
    EXPECT_THAT(second.out, IsEmpty());
  }
  process.send(SIGTERM);
  EXPECT_EQ(process.wait().exit_code, 75);
}

TEST_F(SweepRun, GoesOnWhenOneRunCrashes) {
  write("study.yaml", R"(name: study
base: tiny.yaml
grid: {trainer: [{plugin: crooked_trainer, fault: crash, epochs: 1}, {plugin: bp, epochs: 1}]}
)");
  const std::vector<std::string> run{"run", "study.yaml", "--plugin-path", CLI_TEST_PLUGINS};
  const Outcome first = sweep(run);
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_THAT(first.out, ContainsRegex("crooked_trainer +0  failed +killed by signal 6 \\(Aborted\\)\n"));
  EXPECT_THAT(first.out, ContainsRegex("bp +0  done "));
  EXPECT_THAT(first.err, HasSubstr("--failed runs them again"));
  write("table.yaml", "title: t\nrows: trainer\ncolumns: pretext\nvalue: pretext.test_accuracy\n");
  EXPECT_THAT(twopass({"table", "table.yaml", "results"}).out, HasSubstr("seed 0: failed")) << "not running";

  const auto before = snapshot(study(""));
  const Outcome second = sweep(run);
  EXPECT_EQ(second.exit_code, 1) << "it has not gone away";
  EXPECT_THAT(second.err, Not(HasSubstr("starts")));
  EXPECT_EQ(snapshot(study("")), before);
}

TEST_F(SweepRun, RunsFailuresAgainWhenAskedTo) {
  Surroundings full = surroundings();
  full.file_size = 20000;  // less than a checkpoint, more than what the sweep notes
  EXPECT_EQ(sweep({"run", "study.yaml"}, full).exit_code, 1);
  const json status = json::parse(sweep({"status", "study.yaml", "--json"}).out)["runs"][0];
  EXPECT_EQ(status["state"], "failed");
  EXPECT_THAT(status["reason"].get<std::string>(), HasSubstr("File too large"));
  EXPECT_THAT(status["last_lines"].back().get<std::string>(), HasSubstr("File too large"));

  EXPECT_EQ(sweep({"run", "study.yaml"}).exit_code, 1);
  EXPECT_EQ(states().at("ff/0"), "failed");
  const Outcome again = sweep({"run", "study.yaml", "--failed"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  expect_as_by_hand(run_folder("ff", 0), {});
}

// Some daemons leave it so to their children, and the kernel then keeps no exit codes for them.
TEST_F(SweepRun, LearnsHowARunEndedWhereSigchldWasIgnored) {
  write("study.yaml", "name: study\nbase: tiny.yaml\nseeds: [0]\n");
  const Outcome outcome = Process({"/usr/bin/timeout", "60", "/usr/bin/env", "--ignore-signal=CHLD", TWOPASS,
                                   "sweep", "run", "study.yaml"},
                                  surroundings())
                              .wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(SweepRun, MayHaveAFolderThatLooksLikeAnOption) {
  write("study.yaml", "name: study\nbase: tiny.yaml\nseeds: [0]\n");
  const Outcome outcome = sweep({"run", "study.yaml", "--results=-x"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(path("-x/study/runs/study/seed-0/result.json")));
}

TEST_F(SweepRun, HasTheNameThatTheCommandLineGivesIt) {
  EXPECT_EQ(sweep({"plan", "study.yaml", "name=quick", "trainer.epochs=1"}).exit_code, 0);
  const Outcome status = sweep({"status", "study.yaml", "name=quick"});
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_THAT(status.out, HasSubstr("4 runs: 4 waiting"));
  EXPECT_EQ(sweep({"status", "study.yaml"}).exit_code, 5);
  EXPECT_EQ(sweep({"status", "study.yaml", "name"}).exit_code, 2);
  EXPECT_EQ(sweep({"status", "results/quick", "name=quick"}).exit_code, 2);
}

// Or a mean over seeds would be one over two learning rules.
TEST_F(SweepRun, WarnsOfRunsThatAnotherBuildBegan) {
  write("study.yaml", "name: study\nbase: tiny.yaml\nseeds: [0, 1]\n");
  EXPECT_THAT(sweep({"run", "study.yaml"}).err, Not(HasSubstr("warning")));
  for (const int seed : {0, 1}) {
    json origin = read_json(run_folder("study", seed) / "run.json");
    origin["plugins"]["trainer"][0]["sha256"] = "of another build";
    write("results/study/runs/study/seed-" + std::to_string(seed) + "/run.json", origin.dump());
  }
  write("study.yaml", "name: study\nbase: tiny.yaml\nseeds: [0, 1, 2]\n");
  EXPECT_THAT(
      sweep({"run", "study.yaml"}).err,
      HasSubstr(
          "warning: these runs began with another build of trainer 'ff'; to run one from the start, "
          "remove its folder:\n  results/study/runs/study/seed-0\n  results/study/runs/study/seed-1\n["));
}

// One run's record that nobody can understand is no reason to refuse them all.
TEST_F(SweepRun, PassesOverRecordsOfPluginsThatAreNotThere) {
  write("study.yaml", "name: study\nbase: tiny.yaml\nseeds: [0]\n");
  ASSERT_EQ(sweep({"run", "study.yaml"}).exit_code, 0);
  for (const std::string plugins :
       {R"({"trainer": [{"name": "gone"}]})", R"({"trainer": [{"name": 1}, 2]})", "3"}) {
    json origin = read_json(run_folder("study", 0) / "run.json");
    origin["plugins"] = json::parse(plugins);
    write("results/study/runs/study/seed-0/run.json", origin.dump());
    const Outcome outcome = sweep({"run", "study.yaml"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("warning")));
  }
}

TEST_F(SweepRun, StartsNothingWhenDry) {
  const Outcome unknown = sweep({"run", "study.yaml", "--dry-run"});
  EXPECT_EQ(unknown.exit_code, 0) << unknown.err;
  EXPECT_THAT(unknown.out, HasSubstr("4 runs: 4 waiting\nestimate: unknown until a run"));
  EXPECT_FALSE(fs::exists(path("results")));

  // Two runs that took ten seconds each, by the sweep's own notes; two more to come, one of each kind.
  write("study.yaml", "name: study\nbase: tiny.yaml\ngrid: {trainer.plugin: [ff, bp]}\nseeds: [0]\n");
  ASSERT_EQ(sweep({"run", "study.yaml"}).exit_code, 0);
  write("results/study/attempts/ff-seed-0.json", R"({"outcome": "done", "seconds": 10})");
  write("results/study/attempts/bp-seed-0.json", R"({"outcome": "done", "seconds": 40})");
  write("study.yaml", kStudy);
  EXPECT_THAT(sweep({"run", "study.yaml", "--dry-run", "-j", "2"}).out,
              HasSubstr("4 runs: 2 done, 2 waiting\nestimate: 25 s with -j 2"));
}

TEST_F(SweepRun, SaysThatNothingIsLeftToStart) {
  write("study.yaml", "name: study\nbase: tiny.yaml\nseeds: [0]\n");
  ASSERT_EQ(sweep({"run", "study.yaml"}).exit_code, 0);
  const std::string dry = sweep({"run", "study.yaml", "--dry-run"}).out;
  EXPECT_THAT(dry, HasSubstr("1 run: 1 done\nnothing to start\n"));
}

TEST_F(SweepRun, SaysWhomItWaitsFor) {
  write(
      "study.yaml",
      "name: study\nbase: tiny.yaml\ngrid: {dataset.train_size: [4000], trainer.epochs: [60]}\nseeds: [0]\n");
  ASSERT_EQ(sweep({"plan", "study.yaml"}).exit_code, 0);
  const std::string name = "train_size-4000-epochs-60";
  Process other(
      command({"run", "results/study/configs/" + name + "-seed-0.yaml", "--results", "results/study/runs"}),
      surroundings());
  wait_until([&] { return fs::exists(run_folder(name, 0) / "metrics.jsonl"); });
  const Outcome waited = sweep({"run", "study.yaml"});
  EXPECT_EQ(other.wait().exit_code, 0);
  EXPECT_EQ(waited.exit_code, 0) << waited.err;
  EXPECT_THAT(waited.err, HasSubstr(name + " seed 0: waits, another process works on it"));
  EXPECT_THAT(waited.err, Not(HasSubstr("seed 0: starts")));
}

TEST_F(SweepRun, SharesTheCoresAmongItsRuns) {
  const auto threads = [&](const std::string& base, const std::string& jobs) {
    write("study.yaml", "name: study\nbase: tiny.yaml\ngrid: {backend: [" + base + "]}\nseeds: [0, 1]\n");
    EXPECT_EQ(sweep({"run", "study.yaml", "-j", jobs}).exit_code, 0);
    const int number = read_json(run_folder("blas", 0) / "run.json")["backend"]["threads"];
    fs::remove_all(path("results"));
    return number;
  };
  const int all = threads("{plugin: blas}", "1");
  EXPECT_EQ(threads("{plugin: blas}", "2"), std::max(1, all / 2));
  EXPECT_EQ(threads("{plugin: blas, threads: 3}", "2"), 3) << "what the pipeline says stands";
}

TEST_F(SweepRun, EstimatesByTheEpoch) {
  write("study.yaml", "name: study\nbase: tiny.yaml\ngrid: {trainer.epochs: [3]}\nseeds: [0]\n");
  ASSERT_EQ(sweep({"run", "study.yaml"}).exit_code, 0);
  write("results/study/attempts/epochs-3-seed-0.json", R"({"outcome": "done", "seconds": 10})");
  write("study.yaml", "name: study\nbase: tiny.yaml\ngrid: {trainer.epochs: [3, 6]}\nseeds: [0]\n");
  EXPECT_THAT(sweep({"run", "study.yaml", "--dry-run"}).out, HasSubstr("estimate: 20 s with -j 1"));

  // Three epochs of the six are done.
  write("results/study/runs/epochs-6/seed-0/status.json", R"({"state": "interrupted", "epoch": 3})");
  EXPECT_THAT(sweep({"run", "study.yaml", "--dry-run"}).out, HasSubstr("estimate: 10 s with -j 1"));
}

TEST_F(SweepRun, PassesOverNotesOfAnotherType) {
  write("study.yaml", "name: study\nbase: tiny.yaml\nseeds: [0]\n");
  ASSERT_EQ(sweep({"run", "study.yaml"}).exit_code, 0);
  write("results/study/attempts/study-seed-0.json", R"({"outcome": 3, "seconds": "long", "last_lines": 1})");
  write("results/study/runs/study/seed-0/status.json", R"({"state": 1, "epoch": "many"})");
  EXPECT_EQ(states(), (std::map<std::string, std::string>{{"study/0", "done"}}));
  fs::remove(run_folder("study", 0) / "result.json");
  EXPECT_EQ(states(), (std::map<std::string, std::string>{{"study/0", "interrupted"}}));
}

}  // namespace
}  // namespace twopass::cli_test
