// Which runs a sweep file makes, how they are called, and what people read when it is wrong.

#include "pipeline/sweep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "pipelines.hpp"
#include "support/temp_folder.hpp"

namespace {

using namespace twopass::pipeline;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kInline =
    "name: s\nbase: {dataset: shapes, pretext: turn, trainer: {plugin: local, epochs: 3}}\n";

class Sweeps : public ::testing::Test {
 protected:
  Sweep load(const std::string& text, const std::vector<std::string>& overrides = {}) const {
    return load_sweep(folder_.write("sweep.yaml", text), overrides, pipelines::registry());
  }
  // All that is printed, without the folder.
  std::string errors(const std::string& text, const std::vector<std::string>& overrides = {}) const {
    try {
      load(text, overrides);
      return "";
    } catch (const InvalidPipeline& invalid) {
      std::string told = pipelines::without_plugin_path(invalid.what());
      const std::string prefix = folder_.path().string() + "/";
      for (size_t at = told.find(prefix); at != std::string::npos; at = told.find(prefix))
        told.erase(at, prefix.size());
      return told;
    }
  }
  static std::vector<std::string> names(const std::vector<SweepCell>& cells) {
    std::vector<std::string> result;
    for (const SweepCell& cell : cells) result.push_back(cell.name);
    return result;
  }

  twopass::test::TempFolder folder_;
};

int64_t epochs(const Pipeline& pipeline) { return pipeline.trainer.values.typed().integer("epochs"); }

}  // namespace

TEST_F(Sweeps, CombineEveryValueWithEveryOther) {
  const Sweep sweep =
      load(kInline + "grid: {pretext: [turn, mirror], trainer: [local, global]}\nseeds: [4, 2]\n");
  EXPECT_EQ(sweep.name, "s");
  EXPECT_THAT(names(sweep.cells), ElementsAre("turn-local", "turn-global", "mirror-local", "mirror-global"));
  const SweepCell& cell = sweep.cells[1];
  ASSERT_EQ(cell.runs.size(), 2u);
  EXPECT_EQ(cell.runs[0].name, "turn-global");
  EXPECT_EQ(cell.runs[0].seed, 4u);
  EXPECT_EQ(cell.runs[1].seed, 2u);
  EXPECT_EQ(cell.runs[1].trainer.plugin, "global");
}

TEST_F(Sweeps, MakeThePipelinesThatOverridesWouldMake) {
  const Sweep sweep = load(kInline + "grid: {trainer.learning_rate: [0.5]}\nseeds: [7]\n");
  const auto by_hand =
      pipelines::parse("name: x\ndataset: shapes\npretext: turn\ntrainer: {plugin: local, epochs: 3}\n",
                       {"trainer.learning_rate=0.5", "seed=7"});
  EXPECT_EQ(sweep.cells[0].runs[0].hash, by_hand.hash);
}

TEST_F(Sweeps, ReplaceAWholeSectionBeforeItsKeys) {
  const Sweep sweep = load(kInline + "grid: {trainer.epochs: [5], trainer: [global]}\n");
  EXPECT_EQ(sweep.cells[0].runs[0].trainer.plugin, "global");
  EXPECT_EQ(epochs(sweep.cells[0].runs[0]), 5);
}

TEST_F(Sweeps, KeepTheNeighboursOfAPluginThatIsSwapped) {
  EXPECT_EQ(epochs(load(kInline + "grid: {trainer.plugin: [global]}\n").cells[0].runs[0]), 3);
  EXPECT_EQ(epochs(load(kInline + "grid: {trainer: [global]}\n").cells[0].runs[0]), 60) << "the default";
}

TEST_F(Sweeps, CallRunsByTheirLabels) {
  const Sweep sweep = load(kInline + R"(
grid:
  trainer: [{plugin: local, epochs: 2, label: short}, {plugin: global}]
  network.hidden: [[5, 4], [3]]
)");
  EXPECT_THAT(names(sweep.cells),
              ElementsAre("short-hidden-5x4", "short-hidden-3", "global-hidden-5x4", "global-hidden-3"));
  EXPECT_EQ(epochs(sweep.cells[0].runs[0]), 2);
}

TEST_F(Sweeps, CallNoNumberByAnother) {
  const Sweep sweep = load(kInline + "grid: {trainer.learning_rate: [1e-1, 1e+0]}\n");
  EXPECT_THAT(names(sweep.cells), ElementsAre("learning_rate-1e-1", "learning_rate-1e0"));
}

TEST_F(Sweeps, CallNothingEmpty) {
  const Sweep sweep = load(kInline + R"(
grid: {transfer.dataset: [~, shapes], dataset.root: ["", /]}
exclude: [{transfer.dataset: ~, dataset.root: ""}]
)");
  EXPECT_THAT(names(sweep.cells), ElementsAre("empty-root--", "shapes-root-empty", "shapes-root--"));
  EXPECT_THAT(names(sweep.excluded), ElementsAre("empty-root-empty"));
  EXPECT_FALSE(sweep.cells[0].runs[0].transfer_dataset);
  EXPECT_TRUE(sweep.cells[1].runs[0].transfer_dataset);
}

TEST_F(Sweeps, TakeZippedListsTogether) {
  const Sweep sweep = load(kInline + R"(
grid: {pretext: [turn, mirror]}
zip: {trainer.plugin: [local, global], trainer.epochs: [2, 9]}
)");
  EXPECT_THAT(names(sweep.cells), ElementsAre("turn-local-epochs-2", "turn-global-epochs-9",
                                              "mirror-local-epochs-2", "mirror-global-epochs-9"));
  EXPECT_EQ(epochs(sweep.cells[3].runs[0]), 9);
  EXPECT_EQ(sweep.cells[3].runs[0].trainer.plugin, "global");
}

TEST_F(Sweeps, TakeOutWhatIsNothing) {
  const Sweep sweep = load(kInline + R"(
zip: {trainer.plugin: [local, global, global], trainer.epochs: [~, 9, ~], transfer.epochs: [4, ~, 5]}
)");
  EXPECT_EQ(epochs(sweep.cells[0].runs[0]), 60) << "the base's 3 is taken out";
  EXPECT_EQ(epochs(sweep.cells[1].runs[0]), 9);
  EXPECT_EQ(epochs(sweep.cells[2].runs[0]), 60);
  EXPECT_EQ(sweep.cells[1].runs[0].transfer.typed().integer("epochs"), 100);
  EXPECT_THAT(names(sweep.cells), ElementsAre("local-epochs-empty-epochs-4", "global-epochs-9-epochs-empty",
                                              "global-epochs-empty-epochs-5"));
}

TEST_F(Sweeps, LeaveOutWhatIsExcluded) {
  const Sweep sweep = load(kInline + R"(
grid: {pretext: [turn, mirror], trainer: [local, global]}
exclude: [{pretext: mirror, trainer: local, reason: known}, {trainer: global}]
)");
  EXPECT_THAT(names(sweep.cells), ElementsAre("turn-local"));
  EXPECT_THAT(names(sweep.excluded), ElementsAre("turn-global", "mirror-local", "mirror-global"));
  EXPECT_EQ(sweep.excluded[1].reason, "known");
  EXPECT_THAT(sweep.excluded[1].runs, IsEmpty());
}

TEST_F(Sweeps, ExcludeListsAsTheyAreWritten) {
  const Sweep sweep =
      load(kInline + "grid: {network.hidden: [[5, 4], [3]]}\nexclude: [{network.hidden: [5, 4]}]\n");
  EXPECT_THAT(names(sweep.cells), ElementsAre("hidden-3"));
}

TEST_F(Sweeps, MayExcludeOneOfTwoOfOneName) {
  EXPECT_THAT(names(load(kInline + R"(grid:
  pretext: [{plugin: turn, label: a}, {plugin: mirror, label: a-b}]
  trainer: [{plugin: local, label: b-c}, {plugin: global, label: c}]
exclude: [{pretext: a, trainer: b-c}]
)")
                        .cells),
              ElementsAre("a-c", "a-b-b-c", "a-b-c"));
}

TEST_F(Sweeps, AreNotEndless) {
  std::string seeds;
  for (int seed = 0; seed <= 10'000; ++seed) seeds += std::to_string(seed) + ",";
  const char* message = "1:7: error: this makes more than 10000 runs";
  EXPECT_THAT(errors(kInline + "seeds: [" + seeds + "]\n"), HasSubstr(message));
  std::string axes;
  for (const char* key : {"a", "b", "c", "d", "e"})
    axes += std::string("trainer.") + key + ": [1,2,3,4,5,6,7],";
  EXPECT_THAT(errors(kInline + "grid: {" + axes + "}\n"), HasSubstr(message));
}

TEST_F(Sweeps, OfSeedsAloneAreNamedByTheSweep) {
  folder_.write("base.yaml", pipelines::kLeast + "seed: 5\n");
  EXPECT_EQ(load("name: s\nbase: base.yaml\nseeds: [1]\n").cells[0].runs[0].name, "s");
  const Sweep own_seed = load("name: s\nbase: base.yaml\ngrid: {pretext: [turn]}\n");
  ASSERT_EQ(own_seed.cells[0].runs.size(), 1u);
  EXPECT_EQ(own_seed.cells[0].runs[0].seed, 5u);
}

TEST_F(Sweeps, MayBeChangedByOverrides) {
  const std::string text = kInline + "grid: {trainer.plugin: [local, global], trainer.epochs: [2]}\n";
  const Sweep sweep = load(text, {"name=quick", "trainer.epochs=5", "seed=9"});
  EXPECT_EQ(sweep.name, "quick");
  EXPECT_THAT(names(sweep.cells), ElementsAre("local-epochs-2", "global-epochs-2"));
  EXPECT_EQ(epochs(sweep.cells[0].runs[0]), 5) << "the last word";
  EXPECT_EQ(sweep.cells[1].runs[0].trainer.plugin, "global");
  EXPECT_EQ(sweep.cells[1].runs[0].seed, 9U);
  EXPECT_EQ(load(kInline + "seeds: [1]\n", {"name=quick"}).cells[0].runs[0].name, "quick");
}

TEST_F(Sweeps, TellWrongOverridesWhereTheyStand) {
  const std::string text = kInline + "grid: {trainer.plugin: [local, global]}\nseeds: [1]\n";
  EXPECT_EQ(errors(text, {"seed=2"}),
            R"(override 1: character 6: error: seed: the sweep file's `seeds` decide; change them there
  seed=2
       ^)");
  EXPECT_THAT(errors(text, {"trainer.epochs=1", "name=a b"}),
              HasSubstr("override 2: character 6: error: name: expected up to 100 letters"));
  EXPECT_THAT(errors(text, {"trainer.epohcs=1"}),
              HasSubstr("trainer: unknown key 'epohcs'; did you mean 'epochs'?"));
  EXPECT_THAT(errors(text, {"pretext=tern"}), HasSubstr("in the run local and 1 more"));
  EXPECT_THAT(errors(text, {"trainer.plugin=local"}),
              HasSubstr("the runs local and global are the same configuration"));
}

TEST_F(Sweeps, FindTheirBaseBesideThem) {
  folder_.write("base.yaml", pipelines::kLeast);
  EXPECT_EQ(errors("name: s\nbase: base.yaml\nseeds: [1]\n"), "");
  EXPECT_THAT(errors("name: s\nbase: nosuch.yaml\nseeds: [1]\n"),
              HasSubstr("sweep.yaml:2:7: error: base: there is no pipeline file nosuch.yaml"));
}

TEST_F(Sweeps, TellAWrongValueWhereItStands) {
  EXPECT_EQ(errors(kInline + "grid: {trainer.epochs: [1, ten], pretext: [turn, mirror]}\n"),
            R"(sweep.yaml:3:28: error: trainer.epochs: expected an integer in [0, 1000000], got "ten"
  3 | grid: {trainer.epochs: [1, ten], pretext: [turn, mirror]}
    |                            ^~~
  note: default 60; in the run epochs-ten-turn and 1 more)");
}

TEST_F(Sweeps, TellAWrongBaseOnce) {
  folder_.write("base.yaml", pipelines::kLeast + "sede: 5\n");
  EXPECT_EQ(errors("name: s\nbase: base.yaml\ngrid: {pretext: [turn, mirror]}\nseeds: [1, 2]\n"),
            R"(base.yaml:5:1: error: unknown key 'sede'; did you mean 'seed'?
  5 | sede: 5
    | ^~~~
  note: in the run turn and 1 more)");
}

TEST_F(Sweeps, TellEverythingThatIsWrongAtOnce) {
  EXPECT_EQ(errors("base: {}\ngrdi: {}\nseeds: [0, 1, 0, x]\n"),
            R"(sweep.yaml: error: name: required, but missing
  note: the least: {name: first, base: pipeline.yaml, grid: {trainer: [ff, bp]}}
sweep.yaml:2:1: error: unknown key 'grdi'; did you mean 'grid'?
  2 | grdi: {}
    | ^~~~
sweep.yaml:3:15: error: seeds: 0 is given twice
  3 | seeds: [0, 1, 0, x]
    |               ^
sweep.yaml:3:18: error: seeds: expected an integer of at least 0, got "x"
  3 | seeds: [0, 1, 0, x]
    |                  ^)");
}

TEST_F(Sweeps, TellWrongRunsTogetherWithWrongExclusions) {
  const std::string told =
      errors(kInline + "grid: {trainer: [local, globl]}\nexclude: [{trainer: global}]\n");
  EXPECT_THAT(told, HasSubstr("3:25: error: trainer: there is no trainer 'globl'"));
  EXPECT_THAT(told, HasSubstr("4:11: error: exclude: no configuration has these values"));
}

TEST_F(Sweeps, RefuseWhatMakesNoSense) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"", "sweep.yaml: error: there is nothing to vary"},
      {"grid: {}\n", "3:1: error: grid: expected a mapping with at least one key, got an empty one"},
      {"grid: [ff]\n", "3:7: error: grid: expected a mapping with at least one key, got a list"},
      {"grid: {trainer: []}\n", "3:17: error: grid.trainer: expected a list with at least one value, got []"},
      {"grid: {trainer: local}\n", "3:17: error: grid.trainer: expected a list"},
      {"grid: {trainer: [local, local]}\n", "3:25: error: grid.trainer: two values are called 'local'"},
      {"grid: {network: [{hidden: [3]}]}\n",
       "3:18: error: network: a mapping without a plugin needs a 'label'"},
      {"grid: {trainer: [{plugin: local, label: a b}]}\n", "3:41: error: label: expected up to 100 letters"},
      {"grid: {seed: [1]}\n", "3:8: error: grid: 'seed' cannot be varied here"},
      {"grid: {trainer..x: [1]}\n", "3:8: error: grid: expected a key such as trainer.learning_rate"},
      {"grid: {trainr: [local]}\n", "3:8: error: unknown key 'trainr'; did you mean 'trainer'?"},
      {"grid: {pretext: [turn]}\nzip: {pretext: [turn]}\n",
       "4:7: error: zip: 'grid' varies 'pretext' already"},
      {"zip: {pretext: [turn, mirror], trainer: [local]}\n",
       "3:41: error: zip.trainer: 1 values, but zip.pretext has 2"},
      {"zip: {pretext: [turn, turn]}\n", "1:7: error: two runs would be named 'turn'"},
      {"grid: {pretext: [turn, turn.local]}\nzip: {trainer: [local]}\nseeds: []\n",
       "5:8: error: seeds: expected a list of integers"},
      {"grid: {pretext: [turn]}\nexclude: [{pretext: mirror}]\n",
       "4:11: error: exclude: no configuration has these values"},
      {"grid: {pretext: [turn]}\nexclude: [{pretxt: turn}]\n", "4:12: error: exclude: unknown key 'pretxt'"},
      {"grid: {pretext: [turn]}\nexclude: [{reason: no}]\n", "4:11: error: exclude: expected a mapping"},
      {"grid: {pretext: [turn]}\nexclude: [{pretext: turn, reason: [no]}]\n",
       "4:35: error: exclude: expected a value's label, got a list"},
      {"grid: {pretext: [turn]}\nexclude: [{pretext: turn}]\n",
       "1:7: error: every configuration is excluded"},
      {"grid: {trainer.name: [" + std::string(101, 'x') + "]}\n", "cannot name a run"},
  };
  for (const auto& [lines, message] : wrong) EXPECT_THAT(errors(kInline + lines), HasSubstr(message));
}

TEST_F(Sweeps, TellTwoRunsOfOneName) {
  EXPECT_THAT(errors(kInline + R"(grid:
  pretext: [{plugin: turn, label: a}, {plugin: turn, label: a-b}]
  trainer: [{plugin: local, label: b-c}, {plugin: local, label: c}]
)"),
              HasSubstr("1:7: error: two runs would be named 'a-b-c'"));
}
