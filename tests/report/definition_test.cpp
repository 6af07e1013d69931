#include <gmock/gmock.h>

#include "results_folder.hpp"

namespace twopass::report {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class DefinitionErrors : public ResultsFolder {
 protected:
  DefinitionErrors() { add("a", {}); }

  std::string text(const std::string& definition) const {
    const Error found = error(definition);
    EXPECT_EQ(found.status(), TWOPASS_INVALID_ARGUMENT);
    return found.what();
  }
};

TEST_F(DefinitionErrors, NameAnUnknownFieldItsLineAndTheNearest) {
  EXPECT_EQ(
      text("rows: pretext\n"
           "columns:\n"
           "  - label: FF\n"
           "    value: pretext.test_acuracy\n"),
      R"(table.yaml:4:12: error: no run has a field 'pretext.test_acuracy'; the nearest is 'pretext.test_accuracy'
  4 |     value: pretext.test_acuracy
    |            ^~~~~~~~~~~~~~~~~~~~)");
  EXPECT_THAT(text(kByPretext + "where: {trainer.epohcs: 60}\n"),
              StartsWith("table.yaml:7:9: error: no run has a field 'trainer.epohcs'; the nearest is "
                         "'trainer.epochs'\n"));
  EXPECT_THAT(text(kByPretext + "may_differ: [config.backend.thread]\n"),
              StartsWith("table.yaml:7:14: error: no run has a field 'config.backend.thread'; the nearest is "
                         "'config.backend.threads'\n"));
  EXPECT_THAT(text("rows: pretexts\ncolumns: trainer\nvalue: seed\n"),
              StartsWith("table.yaml:1:7: error: no run has a field"));
}

// What a heading asks of a plugin that no run has used cannot be known; its cell waits for a run.
TEST_F(DefinitionErrors, SpareOptionsOfAPluginThatNoRunHas) {
  const std::string of_flip =
      "rows:\n  - {label: rotation, where: {pretext: rotation}}\n"
      "  - {label: flip, where: {pretext: flip, config.pretext.axes: both}}\n"
      "columns: trainer\nvalue: pretext.test_accuracy\n";
  EXPECT_THAT(table(of_flip), HasSubstr("Missing: flip"));
  add("b", {.name = "b", .pretext = "flip"});
  EXPECT_THAT(text(of_flip), HasSubstr("table.yaml:3:42: error: no run has a field 'config.pretext.axes'"));
}

TEST_F(DefinitionErrors, NameAnUnknownKeyItsLineAndTheNearest) {
  EXPECT_THAT(
      text(kByPretext + "titel: x\n"),
      StartsWith("table.yaml:7:1: error: a table definition: unknown key 'titel'; did you mean 'title'?\n"));
  EXPECT_THAT(text("rows: pretext\ncolumns:\n  - {label: FF, were: {trainer: ff}}\n"),
              StartsWith("table.yaml:3:17: error: a column: unknown key 'were'; did you mean 'where'?\n"));
}

TEST_F(DefinitionErrors, NameAnUnknownLabelItsLineAndTheNearest) {
  EXPECT_THAT(text(kByPretext + "baseline: BPP\n"),
              StartsWith("table.yaml:7:11: error: no row or column is called 'BPP'; the nearest is 'BP'\n"));
  EXPECT_THAT(text(kByPretext + "reference:\n  values:\n    rotation: {F: 98.9}\n"),
              StartsWith("table.yaml:9:16: error: no row or column is called 'F'; the nearest is 'FF'\n"));
  EXPECT_THAT(
      text("rows: {field: pretext, values: [rotation, jigsaw]}\ncolumns: trainer\n"
           "value: pretext.test_accuracy\nreference: {values: {jigsw: {ff: 87.7}}}\n"),
      StartsWith("table.yaml:4:22: error: no row or column is called 'jigsw'; the nearest is 'jigsaw'\n"));
  EXPECT_THAT(text("rows: [{label: a, values: {FFF: seed}}]\ncolumns: [{label: FF}]\n"),
              StartsWith("table.yaml:1:28: error: no row or column is called 'FFF'"));
}

TEST_F(DefinitionErrors, NameWhatIsMissingOrOfTheWrongKind) {
  EXPECT_THAT(text("rows: pretext\n"),
              StartsWith("table.yaml:1:1: error: a table definition needs rows and columns"));
  EXPECT_THAT(text("- rows\n"), HasSubstr("a table definition must be a mapping"));
  EXPECT_THAT(text(""), HasSubstr("a table definition must be a mapping"));
  EXPECT_THAT(text("rows: pretext\ncolumns: []\n"),
              StartsWith("table.yaml:2:10: error: rows or columns must be"));
  for (const std::string values : {"rotation", "[]", "{rotation: 1}"})
    EXPECT_THAT(text("rows: {field: pretext, values: " + values + "}\ncolumns: trainer\n"),
                StartsWith("table.yaml:1:32: error: values must be a list with at least one entry"));
  EXPECT_THAT(text("rows: pretext\ncolumns: trainer\n"),
              HasSubstr("row 'rotation', column 'ff' has no value"));
  EXPECT_THAT(text(kByPretext + "best: rows\n"),
              HasSubstr("best must be one of none, row, column, not 'rows'"));
  for (const std::string value : {"1.5", "-1", "13", "1e300"})
    EXPECT_THAT(text(kByPretext + "decimals: " + value + "\n"),
                StartsWith("table.yaml:7:11: error: decimals must be a whole number"));
  EXPECT_THAT(text(kByPretext + "reference: {values: {rotation: {FF: high}}}\n"),
              HasSubstr("a published value must be a number, not 'high'"));
  EXPECT_THAT(text("rows: pretext\ncolumns: trainer\nvalue: config.dataset.plugin\n"),
              HasSubstr("config.dataset.plugin of run 'results/a' is 'mnist' and no number"));
}

TEST_F(DefinitionErrors, NameTheLineOfBadYaml) {
  EXPECT_THAT(text("rows: pretext\ncolumns: {\n"), HasSubstr("table.yaml:"));
  EXPECT_THAT(text("rows: pretext\nrows: trainer\n"),
              StartsWith("table.yaml:2:1: error: the key 'rows' is given twice, first at line 1"));
  EXPECT_THAT(text("rows: &a [*a]\ncolumns: trainer\n"),
              StartsWith("table.yaml:1:11: error: an alias cannot stand inside of what it stands for"));
  EXPECT_THAT(text("rows: pretext\ncolumns: [{label: a}, {label: a}]\n"),
              StartsWith("table.yaml:2:10: error: label 'a' is given twice"));
}

TEST_F(DefinitionErrors, NameAFileThatIsNotThere) {
  try {
    report::table("absent.yaml", {results()}, Format::kTerminal);
    FAIL() << "no error";
  } catch (const pipeline::InvalidPipeline& e) {
    EXPECT_STREQ(e.what(), "absent.yaml: error: there is no such file");
  }
}

}  // namespace
}  // namespace twopass::report
