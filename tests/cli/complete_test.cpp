// What the shells' completion is told; tests/package asks the shells themselves.

#include <sstream>

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::StartsWith;

class Complete : public Workplace {
 protected:
  std::vector<std::string> complete(std::vector<std::string> words) const {
    words.insert(words.begin(), "__complete");
    const Outcome outcome = twopass(words);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.err, IsEmpty());
    std::vector<std::string> lines;
    std::istringstream text(outcome.out);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
};

TEST_F(Complete, Commands) {
  EXPECT_THAT(complete({""}), AllOf(Contains("run"), Contains("plugin"), Not(Contains("__complete"))));
  EXPECT_THAT(complete({"ins"}), ElementsAre("inspect"));
  EXPECT_THAT(complete({"plugin", "n"}), ElementsAre("new"));
  EXPECT_THAT(complete({"nosuch"}), IsEmpty());
  EXPECT_THAT(complete({}), Contains("run"));
}

TEST_F(Complete, OptionsAndTheirValues) {
  EXPECT_THAT(complete({"run", "--q"}), ElementsAre("--quiet"));
  EXPECT_THAT(complete({"table", "--format", "l"}), ElementsAre("latex"));
  EXPECT_THAT(complete({"run", "--results", ""}), ElementsAre(":files"));
  EXPECT_THAT(complete({"sweep", "run", "-j", ""}), IsEmpty()) << "a number";
  EXPECT_THAT(complete({"plugin", "check", "--only", "trainer.le"}), ElementsAre("trainer.learns"));
}

TEST_F(Complete, Arguments) {
  EXPECT_THAT(complete({"run", ""}), ElementsAre(":files"));
  EXPECT_THAT(complete({"inspect", "trainer/b"}), ElementsAre("trainer/bp"));
  EXPECT_THAT(complete({"inspect", "ff", ""}), IsEmpty());
  EXPECT_THAT(complete({"sweep", "run", ""}), ElementsAre(":files"));
  EXPECT_THAT(complete({"sweep", "status", "tiny.yaml", "trainer.ep"}), ElementsAre("trainer.epochs="));
  EXPECT_THAT(complete({"data", "get", "mn"}), ElementsAre("mnist"));
  EXPECT_THAT(complete({"data", "verify", "mnist", "s"}), ElementsAre("svhn"));
  EXPECT_THAT(complete({"data", "list", ""}), IsEmpty());
  EXPECT_THAT(complete({"plugin", "new", "da"}), ElementsAre("dataset"));
  EXPECT_THAT(complete({"inspect", "--plugin-path", RUN_TEST_PLUGINS, "dataset/b"}),
              ElementsAre("dataset/bars"));
  EXPECT_THAT(complete({"inspect", std::string("--plugin-path=") + RUN_TEST_PLUGINS, "dataset/b"}),
              ElementsAre("dataset/bars"));
}

TEST_F(Complete, KeysOfThePluginThatThePipelineNames) {
  EXPECT_THAT(complete({"run", "tiny.yaml", "trainer.goo"}), ElementsAre("trainer.goodness="));
  EXPECT_THAT(complete({"run", "tiny.yaml", "trainer.los"}), IsEmpty());
  EXPECT_THAT(complete({"run", "tiny.yaml", "trainer.plugin=bp", "trainer.los"}),
              ElementsAre("trainer.loss="));
  EXPECT_THAT(complete({"run", "tiny.yaml", "trainer=bp", "trainer.los"}), ElementsAre("trainer.loss="));
  EXPECT_THAT(complete({"run", "--quiet", "tiny.yaml", "transfer.dataset=mnist", "transfer.dataset.tr"}),
              ElementsAre("transfer.dataset.train_size="));
  EXPECT_THAT(complete({"check", "tiny.yaml", "backend."}), Each(StartsWith("backend.")));
  EXPECT_THAT(complete({"check", "tiny.yaml", "tra"}), ElementsAre("trainer.", "trainer=", "transfer."));
}

TEST_F(Complete, KeysOfEveryPluginThatASweepVaries) {
  write("sweep.yaml", "{name: s, base: tiny.yaml, grid: {trainer.plugin: [ff, bp]}}");
  EXPECT_THAT(complete({"sweep", "run", "sweep.yaml", "trainer.neg"}), ElementsAre("trainer.negatives="));
  EXPECT_THAT(complete({"sweep", "plan", "sweep.yaml", "trainer.los"}), ElementsAre("trainer.loss="));
  EXPECT_THAT(complete({"sweep", "run", "sweep.yaml", "trainer.optimizer=s"}),
              ElementsAre("trainer.optimizer=sgd"));
  EXPECT_THAT(complete({"sweep", "run", "sweep.yaml", "trainer.plugin=none", "trainer.los"}), IsEmpty());
}

TEST_F(Complete, LoadsOnlyThePluginThatTheKeyAsksFor) {
  Surroundings around = surroundings();
  around.environment["LD_DEBUG"] = "files";  // the dynamic linker tells on stderr what it opens
  const std::string loaded = twopass({"__complete", "run", "tiny.yaml", "trainer."}, around).err;
  EXPECT_THAT(loaded, HasSubstr("/ff.twopass.so"));
  EXPECT_THAT(loaded, Not(HasSubstr("/bp.twopass.so")));
  EXPECT_THAT(loaded, Not(HasSubstr("/blas.twopass.so")));
  EXPECT_THAT(twopass({"__complete", "inspect", ""}, around).err, Not(HasSubstr(".twopass.so")));
}

TEST_F(Complete, ValuesOfChoices) {
  EXPECT_THAT(complete({"run", "tiny.yaml", "trainer=f"}), ElementsAre("trainer=ff"));
  EXPECT_THAT(complete({"run", "tiny.yaml", "transfer.dataset.plugin=mn"}),
              ElementsAre("transfer.dataset.plugin=mnist"));
  EXPECT_THAT(complete({"run", "tiny.yaml", "network.normalize_input="}),
              ElementsAre("network.normalize_input=false", "network.normalize_input=true"));
  EXPECT_THAT(complete({"run", "tiny.yaml", "trainer.optimizer=s"}), ElementsAre("trainer.optimizer=sgd"));
  EXPECT_THAT(complete({"run", "tiny.yaml", "trainer.epochs="}), IsEmpty());
}

// The shells hand words on as they are written.
TEST_F(Complete, KnowsTheHomeFolderAndValuesBehindAnEqualsSign) {
  Surroundings around = surroundings();  // whose home is this folder
  around.folder = "/";
  EXPECT_EQ(twopass({"__complete", "run", "~/tiny.yaml", "trainer.thr"}, around).out, "trainer.threshold=\n");
  EXPECT_THAT(complete({"table", "--format=l"}), ElementsAre("--format=latex"));
  EXPECT_THAT(complete({"table", "--nosuch=l"}), IsEmpty());
}

TEST_F(Complete, LooksNotIntoFilesTooLargeForAPipeline) {
  write("large.yaml", std::string("trainer: ff\n#") + std::string(2'000'000, '-'));
  EXPECT_THAT(complete({"run", "large.yaml", "trainer."}), Not(Contains("trainer.threshold=")));
  EXPECT_THAT(complete({"run", "large.yaml", "trainer.ep"}), ElementsAre("trainer.epochs="));
}

TEST_F(Complete, IsNoWorseForABadPipeline) {
  write("bad.yaml", "name: [\n");
  write("wrong.yaml", "trainer: {plugin: nosuch}\n");
  write("no_base.yaml", "base: nosuch.yaml\n");
  for (const char* file : {"bad.yaml", "wrong.yaml", "no_base.yaml", "nosuch.yaml"}) {
    EXPECT_THAT(complete({"run", file, "network.hi"}), ElementsAre("network.hidden="));
    EXPECT_THAT(complete({"run", file, "trainer.ep"}), ElementsAre("trainer.epochs="));
  }
}

}  // namespace
}  // namespace twopass::cli_test
