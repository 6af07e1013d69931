// Sweeps that cannot be, and plans that have changed, are refused before anything is started.

#include "sweeps.hpp"

namespace twopass::cli_test {
namespace {

using ::testing::StartsWith;

constexpr const char* kStudy = "name: study\nbase: tiny.yaml\ngrid: {trainer.plugin: [ff, bp]}\nseeds: [0]\n";

class SweepRefusal : public SweepWorkplace {
 protected:
  void expect_refusal(const std::string& text, const std::string& message) const {
    write("study.yaml", text);
    for (const char* action : {"plan", "run"}) {
      const Outcome outcome = sweep({action, "study.yaml", "--plugin-path", RUN_TEST_PLUGINS});
      EXPECT_EQ(outcome.exit_code, 2);
      EXPECT_THAT(outcome.err, HasSubstr(message));
      EXPECT_THAT(outcome.out, IsEmpty());
    }
  }
  static std::string study_with(const std::string& lines) {
    return "name: study\nbase: tiny.yaml\n" + lines + "\n";
  }
};

TEST_F(SweepRefusal, HasThePlaceOfTheMistake) {
  const std::map<std::string, std::string> wrong{
      {study_with("grid: {}"), "study.yaml:3:1: error: grid: expected a mapping with at least one key"},
      {study_with("grid: {trainer: []}"), "study.yaml:3:17: error: grid.trainer: expected a list"},
      {study_with("seeds: [3, 3]"), "study.yaml:3:12: error: seeds: 3 is given twice"},
      {study_with("seed: [3]"), "study.yaml:3:1: error: unknown key 'seed'; did you mean 'seeds'?"},
      {study_with("zip: {pretext: [flip], trainer.epochs: [1, 2]}"),
       "study.yaml:3:40: error: zip.trainer.epochs: 2 values, but zip.pretext has 1"},
      {study_with("grid: {pretext: [flip]}\nexclude: [{pretext: jigsaw}]"),
       "study.yaml:4:11: error: exclude: no configuration has these values"},
      {study_with("zip: {pretext: [flip, flip]}"), "study.yaml:1:7: error: two runs would be named 'flip'"},
      {"name: study\npretext: flip\ntrainer: ff\n",
       "study.yaml:3:1: error: this is a pipeline and no sweep; `twopass run` takes such files"},
      {"name: study\nbase: nosuch.yaml\nseeds: [1]\n",
       "study.yaml:2:7: error: base: there is no pipeline file nosuch.yaml"},
      {study_with("grid: {trainer.plugin: [ff, pb]}"),
       "study.yaml:3:29: error: trainer: there is no trainer 'pb'"},
      {study_with("grid: {trainer.learning_rate: [1e-3, 0.001]}"),
       "study.yaml:1:7: error: the runs learning_rate-1e-3 and learning_rate-0.001 are the same "
       "configuration"},
  };
  for (const auto& [text, message] : wrong) expect_refusal(text, message);
  EXPECT_FALSE(fs::exists(path("results")));
}

TEST_F(SweepRefusal, OfAConfigurationThatCannotWorkNamesIt) {
  expect_refusal("name: study\nbase: bars.yaml\ngrid: {pretext: [flip, rotation]}\n",
                 "rotation needs square images; the dataset offers 1x8x6");
  EXPECT_THAT(sweep({"plan", "study.yaml", "--plugin-path", RUN_TEST_PLUGINS}).err,
              HasSubstr("in the run rotation"));
}

TEST_F(SweepRefusal, OfAFolderThatCannotBeWritten) {
  write("study.yaml", kStudy);
  write("results", "a file\n");
  for (const char* action : {"plan", "run"}) {
    const Outcome outcome = sweep({action, "study.yaml"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err,
              "error: cannot create results/study/configs: Not a directory; choose another folder with "
              "--results\n");
  }
}

TEST_F(SweepRefusal, OfNoSuchFile) {
  for (const char* action : {"plan", "run", "status"}) {
    const Outcome outcome = sweep({action, "nosuch.yaml"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err, "nosuch.yaml: error: there is no such file\n");
  }
  EXPECT_EQ(sweep({}).exit_code, 2);
  write("study.yaml", kStudy);
  EXPECT_EQ(sweep({"run", "study.yaml", "-j", "0"}).exit_code, 2);
}

TEST_F(SweepRefusal, OfAStatusWithoutAPlan) {
  write("study.yaml", kStudy);
  const Outcome outcome = sweep({"status", "study.yaml"});
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_EQ(outcome.err, "error: nothing is planned in results/study; `twopass sweep plan` does that\n");
}

class ChangedSweep : public SweepRefusal {
 protected:
  ChangedSweep() {
    write("study.yaml", kStudy);
    EXPECT_EQ(sweep({"plan", "study.yaml"}).exit_code, 0);
  }
};

TEST_F(ChangedSweep, IsRefusedWithWhatDiffersFirst) {
  const auto before = snapshot(study(""));
  std::string base = kTiny;
  write("tiny.yaml", base.replace(base.find("epochs: 3"), 9, "epochs: 4"));
  expect_refusal(kStudy,
                 "error: the sweep has changed since results/study was planned: ff, seed 0: trainer.epochs "
                 "was 3 and is now 4; give it another name, as by name=NAME behind the command, or remove "
                 "that folder\n");
  EXPECT_EQ(snapshot(study("")), before);
}

TEST_F(ChangedSweep, IsRefusedWhenARunIsGone) {
  expect_refusal("name: study\nbase: tiny.yaml\ngrid: {trainer.plugin: [ff]}\nseeds: [0]\n",
                 "bp, seed 0: this run is no longer there");
}

TEST_F(ChangedSweep, MayGrow) {
  write("study.yaml", "name: study\nbase: tiny.yaml\ngrid: {trainer.plugin: [bp, ff]}\nseeds: [1, 0]\n");
  EXPECT_EQ(sweep({"plan", "study.yaml"}).exit_code, 0);
  EXPECT_EQ(read_json(study("plan.json"))["runs"].size(), 4u);
  write("study.yaml",
        "name: study\nbase: tiny.yaml\nseeds: [0, 1]\n"
        "grid: {trainer: [{plugin: ff, epochs: 3, batch_size: 50, learning_rate: 1e-3}, bp, none]}\n");
  const Outcome other = sweep({"plan", "study.yaml"});
  EXPECT_EQ(other.exit_code, 2) << "bp has lost the base's options";
  EXPECT_THAT(other.err, HasSubstr("trainer.epochs was 3 and is now 60"));
  write("study.yaml",
        "name: study\nbase: tiny.yaml\nseeds: [0, 1]\n"
        "grid: {trainer: [{plugin: ff, epochs: 3, batch_size: 50, learning_rate: 1e-3},\n"
        "                 {plugin: bp, epochs: 3, batch_size: 50, learning_rate: 1e-3}, none]}\n");
  EXPECT_EQ(sweep({"plan", "study.yaml"}).exit_code, 0);
  EXPECT_EQ(read_json(study("plan.json"))["runs"].size(), 6u);
}

TEST_F(ChangedSweep, MayUseOtherThreads) {
  std::string base = kTiny;
  write("tiny.yaml", base.replace(base.find("threads: 1"), 10, "threads: 2"));
  EXPECT_EQ(sweep({"plan", "study.yaml"}).exit_code, 0);
  EXPECT_THAT(content(study("configs/ff-seed-0.yaml")), HasSubstr("threads: 2"));
}

TEST_F(ChangedSweep, IsNotReadByItsStatus) {
  write("study.yaml", kStudy + std::string("sedes: [3]\n"));
  const Outcome outcome = sweep({"status", "results/study"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("run  seed  state\nff      0  waiting\nbp      0  waiting\n"));
}

}  // namespace
}  // namespace twopass::cli_test
