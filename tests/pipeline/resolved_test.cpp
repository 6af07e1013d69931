#include "pipeline/resolved.hpp"

#include <gtest/gtest.h>

#include <string>

#include "pipelines.hpp"

using pipelines::kLeast;
using pipelines::parse;

namespace {

std::string hash(const std::vector<std::string>& overrides = {}) { return parse(kLeast, overrides).hash; }

}  // namespace

TEST(Resolved, HoldsEveryOption) {
  EXPECT_EQ(parse(kLeast).resolved_yaml, R"(name: first
seed: 0
dataset:
  plugin: shapes
  root: ""
  train_size: 0
  test_size: 0
  validation_size: 0
  size: 8
  figures: [circle, square]
  title: "shapes: a toy"
pretext:
  plugin: turn
  redraw: true
  angles: [0, 90, 180, 270]
network:
  hidden: [2000, 2000, 2000, 2000]
  normalization: layer_norm
  normalize_input: true
  epsilon: 1e-5
trainer:
  plugin: local
  epochs: 60
  batch_size: 200
  evaluate_every: 1
  initial_weights: ""
  keep_every: 0
  learning_rate: 1e-4
  goodness: norm
  thresholds: []
  peer: false
backend:
  plugin: blas
  threads: 0
  packed: true
transfer:
  epochs: 100
  batch_size: 200
  learning_rate: 0.001
  weight_decay: 0
  label_pixels: neutral
  features: normalized
)");
}

TEST(Resolved, LoadsToTheSamePipeline) {
  const std::string figures =
      "['', no, '3', 'a\"b', 'tab\there', ' space', 'é', '# not', '\\', 'null', '1e5', '-', 'x: y']";
  const auto pipeline = parse(kLeast, {"transfer.dataset={plugin: letters, font: fonts/a b.ttf, root: /}",
                                       "trainer.thresholds=[.1, 1e30, -0.333]", "dataset.figures=" + figures,
                                       "name=2024", "seed=9223372036854775807"});
  const auto again = parse(pipeline.resolved_yaml);
  EXPECT_EQ(again.resolved_yaml, pipeline.resolved_yaml);
  EXPECT_EQ(again.hash, pipeline.hash);
  EXPECT_EQ(again.dataset.values.typed().texts("figures"), pipeline.dataset.values.typed().texts("figures"));
  EXPECT_EQ(again.dataset.values.typed().texts("figures").size(), 13u);
}

TEST(Hash, IsASha256) {
  EXPECT_EQ(hash().size(), 64u);
  EXPECT_EQ(hash().find_first_not_of("0123456789abcdef"), std::string::npos);
}

// Results on disk are found again by it: whoever changes it orphans them. The value is sha256sum's, of the
// text that HoldsEveryOption expects without the lines of `name`, `root`, `redraw` and `threads`.
TEST(Hash, DoesNotMoveByItself) {
  EXPECT_EQ(hash(), "30bc61142f10dd21e99a63e90ff7aca4295cf5243ea3b9ffd6488652cfdae173");
}

TEST(Hash, LeavesOutWhatDoesNotMatter) {
  EXPECT_EQ(hash({"name=other"}), hash());
  EXPECT_EQ(hash({"backend.threads=2"}), hash());
  EXPECT_EQ(hash({"dataset.root=/"}), hash());
  EXPECT_EQ(hash({"trainer.learning_rate=.0001"}), hash()) << "another notation of the default";
  EXPECT_EQ(hash({"transfer.weight_decay=-0"}), hash());
}

// Here `redraw`.
TEST(Hash, LeavesOutOptionsAddedLaterAtTheirDefault) {
  EXPECT_EQ(hash({"pretext.redraw=true"}), hash());
  EXPECT_NE(hash({"pretext.redraw=false"}), hash());
}

TEST(Hash, ChangesWithWhatMatters) {
  for (const char* change : {"seed=1", "trainer.learning_rate=2e-4", "trainer=global",
                             "dataset.train_size=10", "network.hidden=[2000]", "backend.packed=false",
                             "transfer.epochs=1", "transfer.dataset=shapes", "pretext=mirror"})
    EXPECT_NE(hash({change}), hash()) << change;
  EXPECT_NE(hash({"transfer.dataset={plugin: letters, font: a}"}),
            hash({"transfer.dataset={plugin: letters, font: b}"}))
      << "a plugin's own path";
}

TEST(FirstDifference, NamesTheFirstKeyThatMatters) {
  const auto now = parse(kLeast, {"name=other", "dataset.root=/", "backend.threads=2", "trainer.epochs=4"});
  EXPECT_EQ(twopass::pipeline::first_difference(parse(kLeast).resolved_yaml, now),
            "trainer.epochs was 60 and is now 4");
}

TEST(FirstDifference, NamesAnOptionAddedLaterUnlessItKeepsItsDefault) {
  using twopass::pipeline::first_difference;
  const auto usual = parse(kLeast), fixed = parse(kLeast, {"pretext.redraw=false"});
  EXPECT_EQ(first_difference(usual.resolved_yaml, fixed), "pretext.redraw was true and is now false");
  EXPECT_EQ(first_difference(fixed.resolved_yaml, usual), "pretext.redraw was false and is now true");
  std::string earlier = usual.resolved_yaml;
  earlier.erase(earlier.find("  redraw: true\n"), 15);
  EXPECT_EQ(first_difference(earlier, fixed), "pretext.redraw was not there and is now false");
  EXPECT_EQ(first_difference(earlier, parse(kLeast, {"transfer.epochs=1"})),
            "transfer.epochs was 100 and is now 1");
}

TEST(FirstDifference, NamesASectionThatIsGone) {
  const auto before = parse(kLeast, {"transfer.dataset=shapes"});
  EXPECT_EQ(twopass::pipeline::first_difference(before.resolved_yaml, parse(kLeast)),
            "transfer.dataset.plugin was shapes and is no longer there");
  EXPECT_EQ(twopass::pipeline::first_difference(parse(kLeast).resolved_yaml, before),
            "transfer.dataset.plugin was not there and is now shapes");
}
