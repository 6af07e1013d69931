#include <gmock/gmock.h>

#include "results_folder.hpp"

namespace twopass::report {
namespace {

using testing::HasSubstr;

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
      "table.yaml:4: no run has a field 'pretext.test_acuracy'; the nearest is 'pretext.test_accuracy'");
  EXPECT_EQ(text(kByPretext + "where: {trainer.epohcs: 60}\n"),
            "table.yaml:7: no run has a field 'trainer.epohcs'; the nearest is 'trainer.epochs'");
  EXPECT_EQ(
      text(kByPretext + "may_differ: [config.backend.thread]\n"),
      "table.yaml:7: no run has a field 'config.backend.thread'; the nearest is 'config.backend.threads'");
  EXPECT_THAT(text("rows: pretexts\ncolumns: trainer\nvalue: seed\n"),
              HasSubstr("table.yaml:1: no run has a field"));
}

// What a heading asks of a plugin that no run has used cannot be known; its cell waits for a run.
TEST_F(DefinitionErrors, SpareOptionsOfAPluginThatNoRunHas) {
  const std::string of_flip =
      "rows:\n  - {label: rotation, where: {pretext: rotation}}\n"
      "  - {label: flip, where: {pretext: flip, config.pretext.axes: both}}\n"
      "columns: trainer\nvalue: pretext.test_accuracy\n";
  EXPECT_THAT(table(of_flip), HasSubstr("Missing: flip"));
  add("b", {.name = "b", .pretext = "flip"});
  EXPECT_THAT(text(of_flip), HasSubstr("table.yaml:3: no run has a field 'config.pretext.axes'"));
}

TEST_F(DefinitionErrors, NameAnUnknownKeyItsLineAndTheNearest) {
  EXPECT_THAT(text(kByPretext + "titel: x\n"),
              HasSubstr("table.yaml:7: a table definition has no key 'titel'; did you mean 'title'?"));
  EXPECT_THAT(text("rows: pretext\ncolumns:\n  - {label: FF, were: {trainer: ff}}\n"),
              HasSubstr("table.yaml:3: a column has no key 'were'; did you mean 'where'?"));
}

TEST_F(DefinitionErrors, NameAnUnknownLabelItsLineAndTheNearest) {
  EXPECT_EQ(text(kByPretext + "baseline: BPP\n"),
            "table.yaml:7: no row or column is called 'BPP'; the nearest is 'BP'");
  EXPECT_THAT(text(kByPretext + "reference:\n  values:\n    rotation: {F: 98.9}\n"),
              HasSubstr("table.yaml:9: no row or column is called 'F'; the nearest is 'FF'"));
  EXPECT_THAT(text("rows: {field: pretext, values: [rotation, jigsaw]}\ncolumns: trainer\n"
                   "value: pretext.test_accuracy\nreference: {values: {jigsw: {ff: 87.7}}}\n"),
              HasSubstr("table.yaml:4: no row or column is called 'jigsw'; the nearest is 'jigsaw'"));
  EXPECT_THAT(text("rows: [{label: a, values: {FFF: seed}}]\ncolumns: [{label: FF}]\n"),
              HasSubstr("table.yaml:1: no row or column is called 'FFF'"));
}

TEST_F(DefinitionErrors, NameWhatIsMissingOrOfTheWrongKind) {
  EXPECT_THAT(text("rows: pretext\n"), HasSubstr("table.yaml:1: a table definition needs rows and columns"));
  EXPECT_THAT(text("- rows\n"), HasSubstr("a table definition must be a mapping"));
  EXPECT_THAT(text(""), HasSubstr("a table definition must be a mapping"));
  EXPECT_THAT(text("rows: pretext\ncolumns: []\n"), HasSubstr("table.yaml:2: rows or columns must be"));
  for (const std::string values : {"rotation", "[]", "{rotation: 1}"})
    EXPECT_THAT(text("rows: {field: pretext, values: " + values + "}\ncolumns: trainer\n"),
                HasSubstr("table.yaml:1: values must be a list with at least one entry"));
  EXPECT_THAT(text("rows: pretext\ncolumns: trainer\n"),
              HasSubstr("row 'rotation', column 'ff' has no value"));
  EXPECT_THAT(text(kByPretext + "best: rows\n"),
              HasSubstr("best must be one of none, row, column, not 'rows'"));
  EXPECT_THAT(text(kByPretext + "decimals: 1.5\n"),
              HasSubstr("table.yaml:7: decimals must be a whole number"));
  EXPECT_THAT(text(kByPretext + "reference: {values: {rotation: {FF: high}}}\n"),
              HasSubstr("a published value must be a number, not 'high'"));
  EXPECT_THAT(text("rows: pretext\ncolumns: trainer\nvalue: config.dataset.plugin\n"),
              HasSubstr("config.dataset.plugin of run 'results/a' is 'mnist' and no number"));
}

TEST_F(DefinitionErrors, NameTheLineOfBadYaml) {
  EXPECT_THAT(text("rows: pretext\ncolumns: {\n"), HasSubstr("table.yaml:"));
  EXPECT_THAT(text("rows: pretext\nrows: trainer\n"), HasSubstr("table.yaml:2: 'rows' is given twice"));
  EXPECT_THAT(text("rows: &a [*a]\ncolumns: trainer\n"), HasSubstr("table.yaml:1: nested too deeply"));
  EXPECT_THAT(text("rows: pretext\ncolumns: [{label: a}, {label: a}]\n"),
              HasSubstr("table.yaml:2: label 'a' is given twice"));
}

TEST_F(DefinitionErrors, NameAFileThatIsNotThere) {
  try {
    report::table("absent.yaml", {results()}, Format::kTerminal);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), TWOPASS_INVALID_ARGUMENT);
    EXPECT_STREQ(e.what(), "absent.yaml: cannot be read");
  }
}

}  // namespace
}  // namespace twopass::report
