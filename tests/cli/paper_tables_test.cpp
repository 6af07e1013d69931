// The tables of configs/paper name fields that real runs have.

#include <algorithm>

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class PaperTables : public Workplace {
 protected:
  void run(const std::string& name, const std::vector<std::string>& changes) const {
    std::vector<std::string> arguments{"run",          "tiny.yaml",        "--quiet",
                                       "name=" + name, "trainer.epochs=2", "network.hidden=[8, 8, 8, 8]"};
    arguments.insert(arguments.end(), changes.begin(), changes.end());
    const Outcome outcome = twopass(arguments);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  json cells_of(const std::string& definition) const {
    const Outcome outcome = twopass({"table", definition, "results", "--format", "json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out)["cells"];
  }

  // That each cell of a table has one run's number, where the table's `dataset` is that of the runs.
  void expect_full(const std::string& table, const std::string& dataset) const {
    std::string definition = content(fs::path(CONFIGS) / table);
    definition.replace(definition.find(dataset), dataset.size(), "dataset: fashion_mnist");
    write("table.yaml", definition);
    for (const json& cell : cells_of("table.yaml")) EXPECT_EQ(cell["n"], 1) << cell;
  }

  // How many cells of a table have one run's number.
  std::ptrdiff_t cells_filled(const std::string& table) const {
    const json cells = cells_of((fs::path(CONFIGS) / table).string());
    return std::ranges::count_if(cells, [](const json& cell) { return cell["n"] == 1; });
  }
};

TEST_F(PaperTables, CanBeMadeOfRealRuns) {
  run("ff", {});
  run("flip", {"pretext=flip"});
  run("bp", {"trainer.plugin=bp"});
  run("goodness", {"trainer.plugin=bp", "trainer.loss=goodness_all"});
  run("hybrid", {"trainer.negatives=hybrid_images", "pretext=supervised"});
  run("hybrid_rotated", {"trainer.negatives=hybrid_images"});
  int tables = 0;
  for (const auto& file : fs::directory_iterator(fs::path(CONFIGS) / "paper/tables")) {
    std::string definition = content(file.path());
    // MNIST may not be at hand.
    for (size_t at; (at = definition.find("dataset: mnist")) != std::string::npos;)
      definition.replace(at, 14, "dataset: fashion_mnist");
    write("table.yaml", definition);
    const Outcome outcome = twopass({"table", "table.yaml", "results", "--format", "csv"});
    EXPECT_EQ(outcome.exit_code, 0) << file.path() << outcome.err;
    EXPECT_THAT(outcome.out, ContainsRegex(",[0-9.]+,,1,")) << "a number of one seed in " << file.path();
    ++tables;
  }
  EXPECT_EQ(tables, 8);
}

TEST_F(PaperTables, CanBeMadeOfWhatTheStudyLeavesOpen) {
  run("rotation-recipe-neutral", {});
  run("rotation-votes-second-raw", {"trainer.score_layers=[2]", "transfer.features=raw"});
  EXPECT_EQ(cells_filled("unknowns/table.yaml"), 7 + 1 + 6);
}

TEST_F(PaperTables, CanBeMadeOfTheRecipeWithOtherChoices) {
  run("recipe", {});
  run("bp", {"trainer.plugin=bp"});
  run("higher", {"trainer.threshold=40"});
  run("guess", {"trainer.score_layers=[1, 2]", "transfer.label_pixels=zero"});
  run("recipe-supervised", {"pretext=supervised"});
  run("bp-supervised", {"pretext=supervised", "trainer.plugin=bp"});
  run("higher-supervised", {"pretext=supervised", "trainer.threshold=40"});
  expect_full("unknowns/recipe-table.yaml", "dataset: mnist");
}

TEST_F(PaperTables, CanBeMadeOfBpWithAndWithoutNormalization) {
  run("with", {"trainer.plugin=bp"});
  run("without", {"trainer.plugin=bp", "network.normalization=none"});
  expect_full("unknowns/normalization-table.yaml", "dataset: cifar10");
}

TEST_F(PaperTables, CanBeMadeOfBpWithFixedTransforms) {
  run("every-epoch", {"trainer.plugin=bp"});
  run("once", {"trainer.plugin=bp", "pretext.redraw=false"});
  EXPECT_EQ(cells_filled("unknowns/redraw-table.yaml"), 4) << "those of rotation on Fashion-MNIST";
}

TEST_F(PaperTables, HaveSweepsThatFitOnPaper) {
  int sweeps = 0;
  for (const auto& file : fs::recursive_directory_iterator(CONFIGS)) {
    if (file.path().extension() != ".yaml" || content(file.path()).find("\nbase: ") == std::string::npos)
      continue;
    const Outcome outcome = twopass({"sweep", "run", file.path().string(), "--dry-run"});
    EXPECT_EQ(outcome.exit_code, 0) << file.path() << outcome.err;
    ++sweeps;
  }
  EXPECT_EQ(sweeps, 10);
}

TEST_F(PaperTables, AreMadeOfTheDefaultsOfTheRecipe) {
  const auto config = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> words{"check", "--json"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Outcome outcome = twopass(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out)["config_hash"];
  };
  write("defaults.yaml", "{name: x, dataset: mnist, pretext: rotation, trainer: ff}");
  EXPECT_EQ(config({std::string(CONFIGS) + "/paper/recipe.yaml", "trainer.evaluate_every=1", "backend=blas"}),
            config({"defaults.yaml"}));
}

}  // namespace
}  // namespace twopass::cli_test
