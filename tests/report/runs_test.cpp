#include <gmock/gmock.h>

#include "report/run_folder.hpp"
#include "results_folder.hpp"

namespace twopass::report {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

class Runs : public ResultsFolder {};

TEST_F(Runs, ThatDifferInMoreThanTheSeedShareNoCell) {
  add("a/seed-0", {.seed = 0, .epochs = 60});
  add("b/seed-1", {.seed = 1, .epochs = 5});
  const Error found = error(kByPretext);
  EXPECT_EQ(found.status(), TWOPASS_INVALID_ARGUMENT);
  EXPECT_STREQ(found.what(),
               "table.yaml: row 'rotation', column 'FF' holds runs that differ in config.trainer.epochs: "
               "'results/a/seed-0' has 60, 'results/b/seed-1' has 5. Tell them apart with `where`, or list "
               "the key under "
               "`may_differ`.");
  for (const std::string key : {"config.trainer.epochs", "trainer.epochs", "trainer"})
    EXPECT_EQ(json(kByPretext + "may_differ: " + key + "\n")["cells"][0]["n"], 2) << key;
  for (const std::string section : {"network", "config.transfer"})
    EXPECT_THAT(error(kByPretext + "may_differ: " + section + "\n").what(),
                HasSubstr("holds runs that differ in config.trainer.epochs"));
  EXPECT_EQ(json(kByPretext + "may_differ: [config.trainer]\n")["cells"][0]["n"], 2);
  EXPECT_EQ(json(kByPretext + "may_differ: trainer.epochs\n")["cells"][0]["n"], 2);
  EXPECT_THAT(table(kByPretext + "may_differ: trainer.epochs\n"), HasSubstr("(number of seeds)"));
  add("c", {.epochs = 7});  // the first one's seed
  EXPECT_THAT(table(kByPretext + "may_differ: trainer.epochs\n"), HasSubstr("(number of runs)"));
}

// And not in an option that only one of the plugins has, though that comes first by alphabet.
TEST_F(Runs, ThatDifferInAPluginAreSaidToDoSo) {
  add("a", {.trainer = "ff"});
  add("b", {.seed = 1, .trainer = "bp"});
  std::string config = config_text({.seed = 1, .trainer = "bp"});
  write(results() / "b/config.yaml", config.insert(config.find("  batch_size"), "  loss: cross_entropy\n"));
  EXPECT_THAT(error("rows: pretext\ncolumns: dataset\nvalue: pretext.test_accuracy\n").what(),
              HasSubstr("differ in config.trainer.plugin: 'results/a' has ff, 'results/b' has bp"));
}

TEST_F(Runs, MayDifferInWhatTheHashLeavesOut) {
  add("a", {.name = "one", .seed = 0, .threads = 2});
  add("b", {.name = "two", .seed = 1, .threads = 16});
  EXPECT_EQ(json(kByPretext)["cells"][0]["n"], 2);
}

// Of an earlier twopass, whose config.yaml lacks `redraw` and `initial_weights`, added since.
TEST_F(Runs, HaveTheDefaultOfWhatWasAddedLater) {
  const auto add_with_redraw = [&](const char* folder, int seed, const std::string& value) {
    add(folder, {.name = folder, .seed = seed});
    std::string config = config_text({.name = folder, .seed = seed});
    write(results() / folder / "config.yaml",
          config.insert(config.find("network:"), "  redraw: " + value + "\n")
              .insert(config.find("  batch_size"), "  initial_weights: \"\"\n"));
  };
  add("before", {.seed = 0});
  add_with_redraw("default", 1, "true");
  EXPECT_EQ(json(kByPretext)["cells"][0]["n"], 2);
  add_with_redraw("changed", 2, "false");
  EXPECT_THAT(error(kByPretext).what(), HasSubstr("differ in config.pretext.redraw: 'results/before' has "
                                                  "true, 'results/changed' has false"));
  const auto by_redraw = json("rows: pretext.redraw\ncolumns: trainer\nvalue: pretext.test_accuracy\n");
  EXPECT_EQ(by_redraw["cells"].size(), 2U);
}

TEST_F(Runs, ShowThatAnOptionIsEmpty) {
  add("a", {.seed = 0});
  add("b", {.seed = 1});
  std::string config = config_text({.seed = 1});
  write(results() / "b/config.yaml", config.insert(config.find("  batch_size"), "  initial_weights: /w\n"));
  EXPECT_THAT(error(kByPretext).what(),
              HasSubstr("differ in config.trainer.initial_weights: 'results/a' has (none), "
                        "'results/b' has /w"));
  EXPECT_EQ(json("rows: trainer.initial_weights\ncolumns: trainer\nvalue: pretext.test_accuracy\n")["rows"],
            nlohmann::json({"(none)", "/w"}));
}

TEST_F(Runs, WithTheSameSeedAreRefused) {
  add("a/seed-3", {.seed = 3});
  add("copy/seed-3", {.name = "copy", .seed = 3});
  const Error found = error(kByPretext);
  EXPECT_EQ(found.status(), TWOPASS_INVALID_ARGUMENT);
  EXPECT_STREQ(found.what(),
               "table.yaml: row 'rotation', column 'FF' holds seed 3 of one configuration twice: "
               "'results/a/seed-3' and "
               "'results/copy/seed-3'. Remove one of them.");
}

TEST_F(Runs, ThatFailedDoNotCountAsASecondCopyOfASeed) {
  add("a", {.accuracy = 0.9});
  add("b", {.state = "failed"});
  EXPECT_THAT(table(kByPretext), HasSubstr("90.0, 1 failed"));
}

TEST_F(Runs, ReachableInTwoWaysCountOnce) {
  add("a/seed-0", {});
  fs::create_directory_symlink(results(), results() / "again");
  write(folder_ / "table.yaml", kByPretext);
  const std::string text = report::table(folder_ / "table.yaml",
                                         {results(), results() / "a", results() / "a/seed-0"}, Format::kJson);
  EXPECT_EQ(nlohmann::json::parse(text)["cells"][0]["n"], 1);
}

TEST_F(Runs, GiveTheSameBytesFromAnotherFolder) {
  add("b/seed-0", {.name = "b", .accuracy = 0.1});
  add("a/seed-1", {.name = "a", .seed = 1, .accuracy = 0.7});
  add("sweep/runs/0007-3f9c2a", {.seed = 2, .accuracy = 0.2});
  add("bp/seed-0", {.trainer = "bp", .state = "failed"});
  const fs::path moved = folder_ / "elsewhere";
  fs::create_directories(moved / "deep/down");
  fs::copy(results() / "b", moved / "y", fs::copy_options::recursive);
  fs::copy(results() / "a/seed-1", moved / "z", fs::copy_options::recursive);
  fs::copy(results() / "sweep", moved / "deep/down", fs::copy_options::recursive);
  fs::copy(results() / "bp", moved / "a", fs::copy_options::recursive);
  for (const Format format :
       {Format::kMarkdown, Format::kLatex, Format::kHtml, Format::kCsv, Format::kJson, Format::kTerminal}) {
    const std::string text = table(kByPretext, format);
    EXPECT_EQ(text, report::table(folder_ / "table.yaml", {moved}, format));
    EXPECT_EQ(text, report::table(folder_ / "table.yaml",
                                  {moved / "z", moved / "deep", moved / "a", moved / "y"}, format));
    EXPECT_THAT(text, testing::Not(HasSubstr(folder_.generic_string())));
  }
}

// Nor are they runs without settings or curves.
TEST_F(Runs, ThatCannotBeReadAreErrors) {
  for (const std::string file : {"config.yaml", "result.json"}) {
    add("a", {});
    fs::remove(results() / "a" / file);
    fs::create_directory(results() / "a" / file);
    const Error found = error(kByPretext);
    EXPECT_THAT(found.status(), testing::AnyOf(TWOPASS_CORRUPT, TWOPASS_NOT_FOUND)) << file;
    EXPECT_THAT(found.what(), HasSubstr("results/a/" + file)) << file;
    EXPECT_THAT(found.what(), testing::Not(HasSubstr("remove its folder"))) << file;
    fs::remove_all(results() / "a");
  }
  fs::create_directories(results() / "a/metrics.jsonl");
  EXPECT_THROW(read_metrics(results() / "a"), Error);
}

TEST_F(Runs, WithoutTheFieldOfAnAxisAreCounted) {
  add("ff", {.trainer = "ff"});
  add("bp", {.trainer = "bp"});
  std::string config = config_text({.trainer = "bp"});
  write(results() / "bp/config.yaml", config.insert(config.find("  batch_size"), "  loss: cross_entropy\n"));
  EXPECT_THAT(table("rows: pretext\ncolumns: trainer.loss\nvalue: pretext.test_accuracy\n"),
              HasSubstr("1 run has no trainer.loss and is left out."));
  EXPECT_THAT(
      table("rows: pretext\ncolumns: trainer.loss\nwhere: {trainer: bp}\nvalue: pretext.test_accuracy\n"),
      testing::Not(HasSubstr("left out")));
  EXPECT_THAT(
      table(
          "rows: [{label: BP, where: {trainer: bp}}]\ncolumns: trainer.loss\nvalue: pretext.test_accuracy\n"),
      testing::Not(HasSubstr("left out")))
      << "FF is not asked for";
}

TEST_F(Runs, ThatDoNotFitAreNotFound) {
  add("a", {});
  const Error found = error(kByPretext + "where: {dataset: svhn}\n");
  EXPECT_EQ(found.status(), TWOPASS_NOT_FOUND);
  EXPECT_THAT(found.what(), HasSubstr("none of the runs (1) fits table.yaml"));
}

TEST_F(Runs, OfAnEmptyOrAbsentFolderAreNotFound) {
  EXPECT_STREQ(error(kByPretext).what(), "there is no results folder 'results'");
  EXPECT_EQ(error(kByPretext).status(), TWOPASS_NOT_FOUND);
  write(results() / "a/config.yaml", "name: planned\n");  // neither status nor result: not yet a run
  EXPECT_EQ(error(kByPretext).status(), TWOPASS_NOT_FOUND);
  EXPECT_THAT(error(kByPretext).what(), HasSubstr("there is no run in the results"));
}

TEST_F(Runs, ThatCannotBeReadAreNamed) {
  add("a", {});
  write(results() / "a/result.json", R"({"schema": 1, "name")");
  EXPECT_EQ(error(kByPretext).status(), TWOPASS_CORRUPT);
  EXPECT_THAT(error(kByPretext).what(), HasSubstr("results/a/result.json: is no complete JSON object"));
  write(results() / "a/result.json", "{\"schema\": 2}");
  EXPECT_EQ(error(kByPretext).status(), TWOPASS_UNSUPPORTED);
  add("a", {});
  write(results() / "a/config.yaml", "name: a\nseed: [0\n");
  EXPECT_EQ(error(kByPretext).status(), TWOPASS_CORRUPT);
  EXPECT_THAT(error(kByPretext).what(), HasSubstr("results/a/config.yaml:"));
}

TEST_F(Runs, WithoutTheNumberLeaveTheirCellMissing) {
  add("a", {.pretext = "flip"});
  add("b", {});
  nlohmann::json content = result({});
  content["pretext"]["test_accuracy"] = nullptr;  // how JSON writes a number that is none
  write(results() / "b/result.json", content.dump());
  EXPECT_THAT(table(kByPretext), HasSubstr("Missing: flip: BP; rotation: all columns\n"));
}

TEST_F(Runs, NoneOfWhichIsDoneStillShowTheirState) {
  add("a", {.state = "interrupted"});
  EXPECT_THAT(table(kByPretext), HasSubstr("rotation  1 interrupted"));
}

}  // namespace
}  // namespace twopass::report
