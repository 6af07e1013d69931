#include <gmock/gmock.h>

#include "results_folder.hpp"

namespace twopass::report {
namespace {

using testing::HasSubstr;
using testing::Not;

class Table : public ResultsFolder {};

TEST_F(Table, ShowsMeanAndSampleDeviationOverSeeds) {
  // Deviations from 98.4 are -0.4, 0 and 0.4, so the variance is 0.32 / (3 - 1) and the deviation 0.4; with
  // n, 0.33.
  add("a/seed-0", {.seed = 0, .accuracy = 0.980});
  add("a/seed-1", {.seed = 1, .accuracy = 0.984});
  add("a/seed-2", {.seed = 2, .accuracy = 0.988});
  EXPECT_THAT(table(kByPretext), HasSubstr("98.4 ± 0.4 (3)"));

  const nlohmann::json cell = json(kByPretext)["cells"][0];
  EXPECT_EQ(cell["n"], 3);
  EXPECT_DOUBLE_EQ(cell["mean"], 0.984);
  EXPECT_NEAR(cell["sd"].get<double>(), 0.004, 1e-12);
  EXPECT_EQ(cell["seeds"], nlohmann::json({"0", "1", "2"}));
  EXPECT_EQ(cell["values"], nlohmann::json({0.980, 0.984, 0.988}));
}

TEST_F(Table, ShowsNoDeviationForOneSeed) {
  add("a/seed-0", {.accuracy = 0.98});
  add("b/seed-0", {.trainer = "bp", .accuracy = 0.99});
  add("b/seed-1", {.seed = 1, .trainer = "bp", .accuracy = 0.99});
  EXPECT_THAT(table(kByPretext), HasSubstr("98.0 (1)  *99.0 ± 0.0 (2)"));
  EXPECT_TRUE(json(kByPretext)["cells"][0]["sd"].is_null());
}

TEST_F(Table, OrdersRowsAndSeedsByValueNotByFolder) {
  add("z", {.seed = 2, .epochs = 5, .accuracy = 0.2});
  add("y", {.seed = 10, .epochs = 5, .accuracy = 0.1});
  add("x", {.epochs = 60, .accuracy = 0.6});
  const nlohmann::json found =
      json("rows: config.trainer.epochs\ncolumns: trainer\nvalue: pretext.test_accuracy\n");
  EXPECT_EQ(found["rows"], nlohmann::json({"5", "60"}));  // by alphabet 60 would come between
  EXPECT_EQ(found["columns"], nlohmann::json({"ff"}));
  EXPECT_EQ(found["cells"][0]["seeds"], nlohmann::json({"2", "10"}));
}

TEST_F(Table, LosesNoRowOfAWordThatSomeReadAsANumber) {
  for (const char* name : {"nan", "10", "9", "inf"}) add(name, {.name = name});
  EXPECT_EQ(json("rows: name\ncolumns: trainer\nvalue: pretext.test_accuracy\n")["rows"],
            nlohmann::json({"9", "10", "inf", "nan"}));
}

TEST_F(Table, KeepsListedValuesInTheirOrderAndUnderTheirLabels) {
  add("a", {.pretext = "rotation"});
  add("b", {.pretext = "flip"});
  const nlohmann::json found = json(
      "rows: {field: pretext, values: [rotation, {value: flip, label: mirrored}, jigsaw]}\n"
      "columns: [{label: FF, value: pretext.test_accuracy}]\n");
  EXPECT_EQ(found["rows"], nlohmann::json({"rotation", "mirrored", "jigsaw"}));
  EXPECT_EQ(found["cells"][1]["n"], 1);
  EXPECT_EQ(found["cells"][2]["n"], 0);
}

TEST_F(Table, SelectsByTextNumberAndList) {
  add("a", {.name = "one"});
  add("b", {.name = "two", .seed = 1});
  add("c", {.name = "three", .seed = 2});
  const std::string axes = "rows: pretext\ncolumns: trainer\nvalue: pretext.test_accuracy\n";
  EXPECT_EQ(json(axes + "where: {name: [one, three]}\n")["cells"][0]["seeds"], nlohmann::json({"0", "2"}));
  EXPECT_EQ(json(axes + "where: {config.trainer.learning_rate: 0.0001}\n")["cells"][0]["n"], 3);
  for (const std::string list :
       {"'[2000, 2000]'", "[2000, 2000]", "[[2000, 2000], [100]]", "[[100], [2000,2000]]"})
    EXPECT_EQ(json(axes + "where: {config.network.hidden: " + list + ", seed: 1}\n")["cells"][0]["n"], 1)
        << list;
}

TEST_F(Table, MarksTheBestOfEachRowButNotEquals) {
  add("a", {.pretext = "flip", .accuracy = 0.95});
  add("b", {.pretext = "flip", .trainer = "bp", .accuracy = 0.96});
  add("c", {.pretext = "rotation", .accuracy = 0.90001});  // both are shown as 90.0
  add("d", {.pretext = "rotation", .trainer = "bp", .accuracy = 0.90});
  EXPECT_THAT(table(kByPretext), HasSubstr("flip      95.0  *96.0\n"
                                           "rotation  90.0   90.0\n"));
  EXPECT_THAT(table(kByPretext), HasSubstr("*: best of its row"));
  EXPECT_THAT(table(kByPretext + "lower_is_better: true\n"), HasSubstr("flip      *95.0  96.0\n"));
  EXPECT_THAT(table(kByPretext + "best: column\n"), HasSubstr("flip      *95.0  *96.0\n"));
  EXPECT_THAT(table(kByPretext + "best: none\n"), Not(HasSubstr("*")));
}

TEST_F(Table, MarksWhatLiesBelowTheBaseline) {
  add("a", {.accuracy = 0.95});
  add("b", {.trainer = "bp", .accuracy = 0.96});
  EXPECT_THAT(table(kByPretext + "baseline: BP\n"), HasSubstr("rotation  ↓95.0  *96.0\n"));
  EXPECT_THAT(table(kByPretext + "baseline: BP\n"), HasSubstr("↓: below BP"));
  EXPECT_THAT(table(kByPretext + "baseline: FF\n"), Not(HasSubstr("↓")));
}

TEST_F(Table, ShowsPublishedNumbersAndTheDifference) {
  add("a", {.accuracy = 0.984});
  const std::string text = table(kByPretext +
                                 "reference: {source: Brenig & Timofte 2023, "
                                 "values: {rotation: {FF: 98.9, BP: 99.2}, jigsaw: {FF: 87.7}}}\n");
  EXPECT_THAT(text, HasSubstr("rotation  98.4 [98.9, -0.5]  - [99.2]\n"));
  EXPECT_THAT(text, HasSubstr("Published: Brenig & Timofte 2023\n"));
}

TEST_F(Table, NamesMissingCellsAndCountsUnfinishedRuns) {
  add("a/0", {.pretext = "flip", .accuracy = 0.95});
  add("a/1", {.seed = 1, .pretext = "flip", .state = "failed"});
  add("a/2", {.seed = 2, .pretext = "flip", .state = "failed"});
  add("b/0", {.name = "mnist-bp", .trainer = "bp", .state = "running"});
  const std::string text = table(kByPretext);
  EXPECT_THAT(text, HasSubstr("flip      95.0, 2 failed                    -\n"
                              "rotation               -  1 running or killed\n"));
  EXPECT_THAT(text, HasSubstr("Missing: flip: BP; rotation: FF\n"));
  EXPECT_THAT(text, HasSubstr("Not finished: mnist-bp, seed 0: running or killed; mnist-ff, seed 1: failed; "
                              "mnist-ff, seed 2: failed\n"));
}

TEST_F(Table, ShowsNothingButFractionsInPercent) {
  add("a", {.accuracy = 1.5});
  EXPECT_THAT(error(kByPretext).what(),
              HasSubstr("' is 1.5 and no fraction, which a table with `percent: true` shows; give it a table "
                        "of its own"));
}

TEST_F(Table, StatesTheProtocolOfTheRunsItUses) {
  add("a", {.pretext = "flip", .epochs = 5});
  add("b", {.epochs = 60});
  add("c", {.trainer = "other", .epochs = 7});
  EXPECT_THAT(table(kByPretext),
              HasSubstr("Protocol: 5 or 60 epochs, batch size 200, all training images, probe 100 epochs, "
                        "label pixels neutral\nRuns (config_hash): ff-5-s0-, ff-60-s0\n"));
}

TEST_F(Table, UnderstandsTheExampleOfItsDocumentation) {
  std::ifstream stream(SOURCE_FOLDER "/docs/tables.md");
  const std::string page(std::istreambuf_iterator<char>(stream), {});
  const size_t begin = page.find("```yaml\n") + 8;
  add("a", {.accuracy = 0.984});
  EXPECT_THAT(table(page.substr(begin, page.find("```", begin) - begin)),
              HasSubstr("rotation     98.4 [98.9, -0.5]  - [99.2]\n"
                        "flip                         -         -\n"
                        "jigsaw (24)           - [87.7]  - [94.4]\n"));
}

TEST_F(Table, ShowsTheQuickstartsFindingAtAGlance) {
  const auto add_quickstart = [&](const RunText& run, const std::vector<double>& probe,
                                  const std::vector<double>& control) {
    add(run.name + "/seed-0", run);
    nlohmann::json content = result(run);
    const std::vector<std::string> sets = {"layer1", "layer2", "layer3", "layer4", "last_three", "all"};
    for (size_t set = 0; set < sets.size(); ++set) {
      content["transfer"]["features"][sets[set]] = probe[set];
      content["transfer"]["controls"]["untrained"][sets[set]] = control[set];
    }
    content["transfer"]["controls"]["raw_pixels"] = 0.84;
    write(results() / run.name / "seed-0/result.json", content.dump());
  };
  const std::vector<double> untrained = {0.86, 0.86, 0.85, 0.85, 0.87, 0.88};
  add_quickstart({.name = "quickstart", .accuracy = 0.9}, {0.8, 0.7, 0.6, 0.5, 0.7, 0.81}, untrained);
  add_quickstart({.name = "quickstart-bp", .trainer = "bp", .accuracy = 0.92},
                 {0.87, 0.86, 0.85, 0.84, 0.86, 0.88}, untrained);
  add("longer/seed-0", {.name = "longer", .epochs = 600});  // another run in the same folder does no harm
  EXPECT_EQ(
      report::table(SOURCE_FOLDER "/configs/tables/quickstart.yaml", {results()}, Format::kTerminal),
      "Quickstart - test accuracy of the pretext task, and of a linear probe on frozen features\n"
      "\n"
      "                   pretext  raw pixels  layer 1  layer 2  layer 3  layer 4  last three    all\n"
      "FF                    90.0        84.0    ↓80.0    ↓70.0    ↓60.0    ↓50.0       ↓70.0  ↓81.0\n"
      "BP                   *92.0        84.0    *87.0    *86.0    *85.0    ↓84.0       ↓86.0  *88.0\n"
      "untrained network                 84.0     86.0    *86.0    *85.0    *85.0       *87.0  *88.0\n"
      "\n"
      "In percent; one seed each; *: best of its column; ↓: below untrained network.\n"
      "Protocol: 60 epochs, batch size 200, all training images, probe 100 epochs, label pixels neutral\n"
      "Runs (config_hash): bp-60-s0, ff-60-s0\n");
}

}  // namespace
}  // namespace twopass::report
