#include <gmock/gmock.h>

#include "results_folder.hpp"

namespace twopass::report {
namespace {

// One row with all that a cell may hold, and labels that every format has to escape.
const std::string kDefinition = R"(title: 50% & more_or_less
rows:
  - {label: "a|b, \"c\"", where: {pretext: rotation}, value: pretext.test_accuracy}
  - label: control
    values: {FF: pretext.layers.0}
columns:
  - {label: FF, where: {trainer: ff}}
  - {label: B_P, where: {trainer: bp}}
  - {label: XY, where: {trainer: xy}}
percent: true
baseline: B_P
reference: {source: "Somebody, 2023", values: {"a|b, \"c\"": {FF: 98.9, XY: 91}}}
)";

class Formats : public ResultsFolder {
 protected:
  Formats() {
    add("ff/0", {.seed = 0, .accuracy = 0.98});
    add("ff/1", {.seed = 1, .accuracy = 0.99});
    add("bp/0", {.name = "b", .trainer = "bp", .accuracy = 0.991});
    add("bp/1", {.name = "b", .seed = 1, .trainer = "bp", .state = "failed"});
  }
};

TEST_F(Formats, Markdown) {
  EXPECT_EQ(
      table(kDefinition, Format::kMarkdown),
      "**50% & more_or_less**\n"
      "\n"
      "|  | FF | B_P | XY |\n"
      "| --- | ---: | ---: | ---: |\n"
      "| a\\|b, \"c\" | ↓ 98.5 ± 0.7 (2) [98.9, -0.4] | **99.1 (1)**, 1 failed | - [91.0] |\n"
      "| control | 90.0 ± 0.0 (2) |  |  |\n"
      "\n"
      "In percent; mean ± sample standard deviation (number of seeds); bold: best of its row; ↓: below B_P; "
      "[published number, our difference to it].\n"
      "\n"
      "Published: Somebody, 2023\n"
      "\n"
      "Missing: a|b, \"c\": XY\n"
      "\n"
      "Not finished: b, seed 1: failed\n"
      "\n"
      "Protocol: 60 epochs, batch size 200, all training images, probe 100 epochs, label pixels neutral\n"
      "\n"
      "Runs (config_hash): bp-60-s0, ff-60-s0, ff-60-s1\n");
}

// Behind \\ or \midrule a bracket would begin a length, and a star forbid a page break.
TEST_F(Formats, LatexRowsBeginWithNoArgument) {
  const std::string text = table(R"(rows: [{label: "[500]", where: {seed: 0}}, {label: "*", where: {seed: 1}}]
columns: trainer
value: pretext.test_accuracy
)",
                                 Format::kLatex);
  EXPECT_THAT(text, testing::HasSubstr("\\midrule\n{}[500] & "));
  EXPECT_THAT(text, testing::HasSubstr("\\\\\n{}* & "));
}

TEST_F(Formats, Latex) {
  EXPECT_EQ(table(kDefinition, Format::kLatex),
            "\\begin{table}\n"
            "\\centering\n"
            "\\caption{50\\% \\& more\\_or\\_less}\n"
            "\\begin{tabular}{lrrr}\n"
            "\\toprule\n"
            " & FF & B\\_P & XY \\\\\n"
            "\\midrule\n"
            "a|b, \"c\" & $\\downarrow$ 98.5 $\\pm$ 0.7 (2) [98.9, $-$0.4] & \\textbf{99.1 (1)}, 1 failed & "
            "- [91.0] \\\\\n"
            "control & 90.0 $\\pm$ 0.0 (2) &  &  \\\\\n"
            "\\bottomrule\n"
            "\\end{tabular}\n"
            "\n"
            "\\footnotesize In percent; mean $\\pm$ sample standard deviation (number of seeds); bold: best "
            "of its row; "
            "$\\downarrow$: below B\\_P; [published number, our difference to it].\n"
            "\n"
            "\\footnotesize Published: Somebody, 2023\n"
            "\n"
            "\\footnotesize Missing: a|b, \"c\": XY\n"
            "\n"
            "\\footnotesize Not finished: b, seed 1: failed\n"
            "\n"
            "\\footnotesize Protocol: 60 epochs, batch size 200, all training images, probe 100 epochs, "
            "label pixels "
            "neutral\n"
            "\n"
            "\\footnotesize Runs (config\\_hash): bp-60-s0, ff-60-s0, ff-60-s1\n"
            "\\end{table}\n");
}

TEST_F(Formats, Html) {
  EXPECT_EQ(table(kDefinition, Format::kHtml),
            "<table>\n"
            "<caption>50% &amp; more_or_less</caption>\n"
            "<tr><th></th><th>FF</th><th>B_P</th><th>XY</th></tr>\n"
            "<tr><th scope=\"row\">a|b, &quot;c&quot;</th><td>↓ 98.5 ± 0.7 (2) [98.9, −0.4]</td>"
            "<td><strong>99.1 (1)</strong>, 1 failed</td><td>- [91.0]</td></tr>\n"
            "<tr><th scope=\"row\">control</th><td>90.0 ± 0.0 (2)</td><td></td><td></td></tr>\n"
            "</table>\n"
            "<p>In percent; mean ± sample standard deviation (number of seeds); bold: best of its row; ↓: "
            "below B_P; "
            "[published number, our difference to it].</p>\n"
            "<p>Published: Somebody, 2023</p>\n"
            "<p>Missing: a|b, &quot;c&quot;: XY</p>\n"
            "<p>Not finished: b, seed 1: failed</p>\n"
            "<p>Protocol: 60 epochs, batch size 200, all training images, probe 100 epochs, label pixels "
            "neutral</p>\n"
            "<p>Runs (config_hash): bp-60-s0, ff-60-s0, ff-60-s1</p>\n");
}

TEST_F(Formats, Csv) {
  const std::string protocol =
      "60 epochs; batch size 200; all training images; probe 100 epochs; label pixels neutral\r\n";
  EXPECT_EQ(table(kDefinition, Format::kCsv),
            "row,column,mean,sd,n,published,difference,note,config_hash,protocol\r\n"
            "\"a|b, \"\"c\"\"\",FF,98.5,0.7,2,98.9,-0.4,,ff-60-s0-rotation ff-60-s1-rotation," +
                protocol + "\"a|b, \"\"c\"\"\",B_P,99.1,,1,,,1 failed,bp-60-s0-rotation," + protocol +
                "\"a|b, \"\"c\"\"\",XY,,,0,91.0,,missing,," + protocol +
                "control,FF,90.0,0.0,2,,,,ff-60-s0-rotation ff-60-s1-rotation," + protocol);
}

TEST_F(Formats, Json) {
  const nlohmann::json found = json(kDefinition);
  EXPECT_EQ(found["title"], "50% & more_or_less");
  EXPECT_EQ(found["published_source"], "Somebody, 2023");
  EXPECT_EQ(found["config_hashes"],
            nlohmann::json({"bp-60-s0-rotation", "ff-60-s0-rotation", "ff-60-s1-rotation"}));
  ASSERT_EQ(found["cells"].size(), 4);
  const nlohmann::json& first = found["cells"][0];
  EXPECT_EQ(first["row"], "a|b, \"c\"");
  EXPECT_EQ(first["column"], "FF");
  EXPECT_DOUBLE_EQ(first["mean"], 0.985);
  EXPECT_NEAR(first["sd"].get<double>(), 0.01 / std::sqrt(2.0), 1e-12);
  EXPECT_DOUBLE_EQ(first["published"], 0.989);
  EXPECT_EQ(first["config_hashes"], nlohmann::json({"ff-60-s0-rotation", "ff-60-s1-rotation"}));
  EXPECT_EQ(first["below_baseline"], true);
  EXPECT_EQ(found["cells"][1]["unfinished"], nlohmann::json({"failed"}));
  EXPECT_TRUE(found["cells"][2]["mean"].is_null());
}

TEST_F(Formats, Terminal) {
  EXPECT_EQ(
      table(kDefinition, Format::kTerminal),
      "50% & more_or_less\n"
      "\n"
      "                                    FF                  B_P        XY\n"
      "a|b, \"c\"  ↓98.5 ± 0.7 (2) [98.9, -0.4]  *99.1 (1), 1 failed  - [91.0]\n"
      "control                 90.0 ± 0.0 (2)\n"
      "\n"
      "In percent; mean ± sample standard deviation (number of seeds); *: best of its row; ↓: below B_P; "
      "[published number, our difference to it].\n"
      "Published: Somebody, 2023\n"
      "Missing: a|b, \"c\": XY\n"
      "Not finished: b, seed 1: failed\n"
      "Protocol: 60 epochs, batch size 200, all training images, probe 100 epochs, label pixels neutral\n"
      "Runs (config_hash): bp-60-s0, ff-60-s0, ff-60-s1\n");
}

TEST_F(Formats, WriteNoNegativeZero) {
  EXPECT_THAT(table(kByPretext + "reference: {values: {rotation: {BP: 99.12}}}\n"),
              testing::HasSubstr("[99.1, +0.0]"));
}

}  // namespace
}  // namespace twopass::report
