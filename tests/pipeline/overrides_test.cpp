#include <gtest/gtest.h>

#include <string>

#include "pipelines.hpp"

using pipelines::errors;
using pipelines::kLeast;
using pipelines::parse;

namespace {

const std::string kLong = R"(name: first
dataset: shapes
pretext: {plugin: turn, angles: [0, 90]}
trainer: {plugin: local, epochs: 3, learning_rate: 0.5}
)";

}  // namespace

TEST(Overrides, SetAnOption) {
  const auto pipeline =
      parse(kLong, {"trainer.learning_rate=1e-3", "network.hidden=[500, 300]", "seed=7", "name=b"});
  EXPECT_EQ(pipeline.trainer.values.typed().number("learning_rate"), 1e-3);
  EXPECT_EQ(pipeline.trainer.values.typed().integer("epochs"), 3);
  EXPECT_EQ(pipeline.network.typed().integers("hidden"), (std::vector<int64_t>{500, 300}));
  EXPECT_EQ(pipeline.seed, 7u);
  EXPECT_EQ(pipeline.name, "b");
}

TEST(Overrides, ReplaceASectionAsAWhole) {
  const auto pipeline = parse(kLong, {"pretext=mirror", "trainer={plugin: global, epochs: 5}"});
  EXPECT_EQ(pipeline.pretext.plugin, "mirror");
  EXPECT_EQ(pipeline.trainer.plugin, "global");
  EXPECT_EQ(pipeline.trainer.values.typed().integer("epochs"), 5);
  EXPECT_EQ(pipeline.trainer.values.typed().number("learning_rate"), 1e-4);
}

TEST(Overrides, OfThePluginKeepItsNeighbours) {
  const auto pipeline = parse(kLong, {"trainer.plugin=global"});
  EXPECT_EQ(pipeline.trainer.plugin, "global");
  EXPECT_EQ(pipeline.trainer.values.typed().number("learning_rate"), 0.5);
}

TEST(Overrides, OpenTheShortForm) {
  const auto pipeline = parse(kLong, {"dataset.size=100"});
  EXPECT_EQ(pipeline.dataset.plugin, "shapes");
  EXPECT_EQ(pipeline.dataset.values.typed().integer("size"), 100);
}

TEST(Overrides, MakeWhatIsNotThere) {
  const auto pipeline =
      parse(kLong, {"transfer.dataset=shapes", "transfer.dataset.size=3", "backend.threads=2"});
  EXPECT_EQ(pipeline.transfer_dataset->plugin, "shapes");
  EXPECT_EQ(pipeline.transfer_dataset->values.typed().integer("size"), 3);
  EXPECT_EQ(pipeline.backend.plugin, "blas");
  EXPECT_EQ(pipeline.backend.values.typed().integer("threads"), 2);
}

TEST(Overrides, CanTakeTheTransferDatasetAway) {
  EXPECT_FALSE(parse(kLong, {"transfer.dataset=shapes", "transfer.dataset=null"}).transfer_dataset);
}

TEST(Overrides, WinInTheirOrder) { EXPECT_EQ(parse(kLong, {"seed=1", "seed=2"}).seed, 2u); }

TEST(Overrides, ArePointedAt) {
  EXPECT_EQ(errors(kLong, {"seed=1", "trainer.learning_rate=2"}),
            R"(override 2: character 23: error: trainer.learning_rate: expected a number in (0, 1], got 2
  trainer.learning_rate=2
                        ^
  note: default 1e-4; see: twopass inspect trainer/local)");
  EXPECT_EQ(errors(kLong, {"trainer.epohcs=10"}),
            R"(override 1: character 9: error: trainer: unknown key 'epohcs'; did you mean 'epochs'?
  trainer.epohcs=10
          ^~~~~~
  note: see: twopass inspect trainer/local)");
  EXPECT_EQ(errors(kLong, {"network.hidden=[500, x]"}),
            R"(override 1: character 22: error: network.hidden: expected an integer in [1, 65536], got "x"
  network.hidden=[500, x]
                       ^
  note: default [2000, 2000, 2000, 2000])");
  EXPECT_EQ(
      errors(kLong, {"pretext=trun"}),
      R"(override 1: character 9: error: pretext: there is no pretext 'trun'; did you mean 'turn'? (there are, nearest first: turn, mirror)
  pretext=trun
          ^~~~)");
  EXPECT_EQ(
      errors(kLong, {"trainer.epochs="}),
      R"(override 1: character 1: error: trainer.epochs: expected an integer in [0, 1000000], got nothing
  trainer.epochs=
  ^~~~~~~~~~~~~~
  note: default 60)");
}

TEST(Overrides, WithoutAKeyAreRefused) {
  const std::string help = "error: expected KEY=VALUE, such as trainer.epochs=10\n";
  const std::string note = "\n  note: a key is words of letters, digits and '_', joined by '.'";
  EXPECT_EQ(errors(kLong, {"epochs"}), "override 1: character 1: " + help + "  epochs\n  ^~~~~~");
  EXPECT_EQ(errors(kLong, {"=3"}), "override 1: character 1: " + help + "  =3\n  ^");
  EXPECT_EQ(errors(kLong, {""}), "override 1: character 1: " + help + "  \n  ^");
  EXPECT_EQ(errors(kLong, {"a..b=3"}), "override 1: character 1: " + help + "  a..b=3\n  ^~~~" + note);
  EXPECT_EQ(errors(kLong, {"+seed=3"}), "override 1: character 1: " + help + "  +seed=3\n  ^~~~~" + note);
}

TEST(Overrides, OfAValuesInsideAreRefused) {
  EXPECT_EQ(errors(kLong, {"name.size=3"}),
            R"(override 1: character 6: error: name: cannot set 'size' in "first"
  name.size=3
       ^~~~)");
}

TEST(Overrides, ThatAreNoYamlAreRefused) {
  EXPECT_EQ(errors(kLong, {"network.hidden=[500"}),
            R"(override 1: character 20: error: not valid YAML: a list that begins with '[' has no ']'
  network.hidden=[500
                     ^)");
}

// yaml-cpp reads this as endlessly many empty documents.
TEST(Overrides, CannotHangTheReader) { EXPECT_NE(errors(kLong, {"network.hidden=!1, 2]"}), ""); }

TEST(Overrides, MayHoldAnEqualsSignInTheirValue) {
  EXPECT_EQ(parse(kLong, {"dataset.title=a=b"}).dataset.values.typed().text("title"), "a=b");
}
