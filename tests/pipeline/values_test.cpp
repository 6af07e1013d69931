#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "pipelines.hpp"
#include "support/temp_folder.hpp"

using pipelines::kLeast;
using pipelines::parse;

TEST(Values, AreTheDefaultsWhereNothingIsGiven) {
  const auto pipeline = parse(kLeast);
  EXPECT_EQ(pipeline.name, "first");
  EXPECT_EQ(pipeline.seed, 0u);
  EXPECT_EQ(pipeline.dataset.plugin, "shapes");
  EXPECT_EQ(pipeline.backend.plugin, "blas");
  EXPECT_FALSE(pipeline.transfer_dataset);
  const auto trainer = pipeline.trainer.values.typed();
  EXPECT_EQ(trainer.integer("epochs"), 60);
  EXPECT_EQ(trainer.integer("batch_size"), 200);
  EXPECT_EQ(trainer.number("learning_rate"), 1e-4);
  EXPECT_EQ(trainer.choice("goodness"), "norm");
  EXPECT_FALSE(trainer.boolean("peer"));
  EXPECT_TRUE(trainer.numbers("thresholds").empty());
  const auto transfer = pipeline.transfer.typed();
  EXPECT_EQ(transfer.integer("epochs"), 100);
  EXPECT_EQ(transfer.choice("label_pixels"), "neutral");
}

TEST(Values, AreWhatIsGiven) {
  const auto pipeline = parse(R"(name: "2024"
seed: 9223372036854775807
dataset: {plugin: "shapes", figures: [no, "on", 3], title: 007, train_size: 12}
pretext: turn
network: {hidden: [], normalize_input: false, epsilon: .5}
trainer:
  plugin: local
  goodness: "sum_squares"
  thresholds: [1, -2.5, 1E-4]
  peer: true
backend: ~
transfer:
)");
  EXPECT_EQ(pipeline.name, "2024");
  EXPECT_EQ(pipeline.seed, 9223372036854775807u);
  const auto dataset = pipeline.dataset.values.typed();
  EXPECT_EQ(dataset.texts("figures"), (std::vector<std::string>{"no", "on", "3"}));
  EXPECT_EQ(dataset.text("title"), "007");
  EXPECT_EQ(dataset.integer("train_size"), 12);
  EXPECT_TRUE(pipeline.network.typed().integers("hidden").empty());
  EXPECT_FALSE(pipeline.network.typed().boolean("normalize_input"));
  EXPECT_EQ(pipeline.network.typed().number("epsilon"), 0.5);
  const auto trainer = pipeline.trainer.values.typed();
  EXPECT_EQ(trainer.choice("goodness"), "sum_squares");
  EXPECT_EQ(trainer.numbers("thresholds"), (std::vector<double>{1, -2.5, 1e-4}));
  EXPECT_TRUE(trainer.boolean("peer"));
}

TEST(Values, OutliveThePipelineTheyCameFrom) {
  twopass::pipeline::OptionValues values;
  {
    auto pipeline = parse(kLeast, {"dataset.title=a title long enough to live on the heap"});
    values = pipeline.dataset.values;
    const auto moved = std::move(pipeline);
    EXPECT_EQ(&moved.dataset.values.values(), &values.values()) << "a plugin may hold on to the address";
  }
  EXPECT_EQ(values.typed().text("title"), "a title long enough to live on the heap");
}

TEST(Values, OfAnotherTypeOrNameAreABugInThePlugin) {
  const auto pipeline = parse(kLeast);
  EXPECT_THROW(pipeline.trainer.values.typed().integer("learning_rate"), twopass::Error);
  EXPECT_THROW(pipeline.trainer.values.typed().integer("learning_rat"), twopass::Error);
}

TEST(Paths, CountFromTheFileThatNamesThem) {
  namespace fs = std::filesystem;
  const twopass::test::TempFolder folder;
  const fs::path file =
      folder.write("configs/a.yaml",
                   "name: first\ndataset: {plugin: letters, font: ../fonts/a.ttf, root: .}\n"
                   "pretext: turn\ntrainer: local\n");
  const auto load = [&](const std::vector<std::string>& overrides) {
    return twopass::pipeline::load(file, overrides, pipelines::registry());
  };
  EXPECT_EQ(load({}).dataset.values.typed().path("font"), (folder.path() / "fonts/a.ttf").string());
  EXPECT_EQ(load({"dataset.font=a.ttf"}).dataset.values.typed().path("font"),
            (fs::current_path() / "a.ttf").string());
  EXPECT_EQ(load({"dataset.font=~/a.ttf"}).dataset.values.typed().path("font"),
            std::string(std::getenv("HOME")) + "/a.ttf");
  EXPECT_EQ(load({}).dataset.values.typed().texts("roots").front(), (folder.path() / "configs/").string());
}
