// The tables of configs/paper, made of runs such as their sweeps leave, with made-up numbers.

#include <gmock/gmock.h>

#include <set>

#include "results_folder.hpp"

namespace twopass::report {
namespace {

using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

const fs::path kTables = fs::path(SOURCE_FOLDER) / "configs/paper/tables";

struct PaperRun {
  std::string dataset, pretext, trainer;  // the latter two with their options, as YAML
  int seed = 0;
  double accuracy = 0;  // that every layer, and the pretext task, reaches
};

class PaperTables : public ResultsFolder {
 protected:
  // Every run of the sweeps, with three seeds each.
  PaperTables() {
    const std::vector<std::string> tasks{"supervised", "rotation", "flip\n  axes: horizontal",
                                         "flip\n  axes: both", "jigsaw"};
    const std::string ff = "ff\n  negatives: wrong_label", bp = "bp\n  loss: ";
    for (const int seed : {0, 1, 2}) {
      for (const char* dataset : {"mnist", "fashion_mnist", "svhn", "cifar10"}) {
        for (const std::string& task : tasks) {
          add_run({dataset, task, ff, seed, 0.75});
          add_run({dataset, task, bp + "cross_entropy", seed, 0.75 + 0.01 * seed});
        }
        for (const char* task : {"supervised", "rotation"})
          add_run({dataset, task, "ff\n  negatives: hybrid_images", seed, 0.75});
      }
      for (const char* task : {"supervised", "rotation"})
        for (const char* loss : {"goodness_last", "goodness_all"})
          add_run({"mnist", task, bp + loss, seed, 0.75});
    }
  }

  void add_run(const PaperRun& run) {
    const fs::path folder = results() / std::to_string(runs_++);
    const bool scored = run.trainer.find("hybrid") == std::string::npos;
    const bool gaps = run.trainer.find("cross_entropy") == std::string::npos;
    const std::string name = run.dataset + run.pretext + run.trainer;
    write(folder / "config.yaml", "name: run\nseed: " + std::to_string(run.seed) + "\ndataset:\n  plugin: " +
                                      run.dataset + "\npretext:\n  plugin: " + run.pretext +
                                      "\ntrainer:\n  plugin: " + run.trainer + "\n  epochs: 60\n");
    nlohmann::json result{{"schema", 1}, {"name", "run"}, {"seed", run.seed}, {"config_hash", name}};
    result["pretext"]["classes"] = 4;
    if (scored)
      result["pretext"].update({{"test_accuracy", run.accuracy},
                                {"last_ten", {{"mean", run.accuracy}, {"standard_deviation", 0.01}}},
                                {"layers", std::vector<double>(4, run.accuracy)}});
    else if (run.pretext != "supervised")
      result["pretext"]["probe"] = {{"layer1", 0.5}, {"last_three", run.accuracy}, {"all", 0.5}};
    for (const char* set : {"layer1", "layer2", "layer3", "layer4", "last_three", "all"}) {
      result["transfer"]["features"][set] = run.accuracy;
      result["transfer"]["controls"]["untrained"][set] = 0.9;
    }
    result["transfer"]["controls"]["raw_pixels"] = 0.8;
    for (const char* layer : {"layer1", "layer2", "layer3", "layer4"}) {
      nlohmann::json& pretrained = result["insight"]["pretrained"][layer];
      pretrained = {{"effective_rank", 100.5}, {"dead_units", 0.25}};
      if (gaps) pretrained["goodness_gap"] = 3.5;
      result["insight"]["untrained"][layer] = {{"effective_rank", 700}, {"dead_units", 0}};
    }
    write(folder / "result.json", result.dump());
  }

  std::string paper_table(const std::string& name, Format format = Format::kMarkdown) const {
    return report::table(kTables / (name + ".yaml"), {results()}, format);
  }
  nlohmann::json cells(const std::string& name) const {
    return nlohmann::json::parse(paper_table(name, Format::kJson)).at("cells");
  }
  // Published numbers by row and column.
  std::map<std::string, std::map<std::string, double>> published(const std::string& name) const {
    std::map<std::string, std::map<std::string, double>> numbers;
    for (const nlohmann::json& cell : cells(name))
      if (cell.contains("published"))
        numbers[cell["row"]][cell["column"]] = std::round(1000 * cell["published"].get<double>()) / 10;
    return numbers;
  }

  int runs_ = 0;
};

TEST_F(PaperTables, AreFullWhenTheirSweepsAreDone) {
  std::set<std::string> names;
  for (const fs::directory_entry& file : fs::directory_iterator(kTables)) names.insert(file.path().stem());
  EXPECT_EQ(names, (std::set<std::string>{"last-ten", "layer-insight", "layer-pretext", "layer-transfer",
                                          "loss-ablation", "pretext-accuracy", "transfer-accuracy",
                                          "unsupervised"}));
  for (const std::string& name : names) {
    for (const nlohmann::json& cell : cells(name)) EXPECT_EQ(cell["n"], 3) << name << ": " << cell;
    for (const Format format : {Format::kMarkdown, Format::kLatex, Format::kCsv, Format::kTerminal})
      EXPECT_THAT(paper_table(name, format), Not(HasSubstr("Missing"))) << name;
  }
}

TEST_F(PaperTables, ShowWhatTheStudyPublished) {
  EXPECT_THAT(
      paper_table("pretext-accuracy"),
      HasSubstr("| MNIST, rotation | 75.0 ± 0.0 (3) [98.9, -23.9] | **76.0 ± 1.0 (3)** [99.2, -23.2] |\n"));
  EXPECT_EQ(published("pretext-accuracy").size(), 7U);
  EXPECT_EQ(published("pretext-accuracy")["SVHN, rotation"],
            (std::map<std::string, double>{{"FF", 68.8}, {"BP", 74.9}}));
  EXPECT_EQ(published("transfer-accuracy").size(), 7U);
  // The study's own differences between BP and FF.
  std::map<std::string, double> gaps;
  for (auto& [row, numbers] : published("transfer-accuracy"))
    gaps[row] = std::round(10 * (numbers["BP"] - numbers["FF"])) / 10;
  EXPECT_EQ(gaps, (std::map<std::string, double>{{"MNIST, supervised", 0.8},
                                                 {"MNIST, rotation", 21.2},
                                                 {"MNIST, flip (h)", 13.8},
                                                 {"MNIST, flip (h+v)", 18.9},
                                                 {"MNIST, jigsaw", 38.9},
                                                 {"CIFAR-10, supervised", 11.8},
                                                 {"CIFAR-10, rotation", 16.9}}));
  EXPECT_EQ(published("loss-ablation")["BP, goodness of all layers"]["transfer from rotation"], 85.7);
  EXPECT_EQ(published("unsupervised")["MNIST, hybrid images"]["last three"], 97.9);
  EXPECT_EQ(published("unsupervised")["MNIST, hybrid images of rotated ones"]["rotation"], 97.6);
}

TEST_F(PaperTables, HaveBothControls) {
  EXPECT_THAT(paper_table("transfer-accuracy"), HasSubstr("|  | FF | BP | untrained | raw pixels |\n"));
  EXPECT_THAT(paper_table("transfer-accuracy"),
              HasSubstr("| SVHN, jigsaw | ↓ 75.0 ± 0.0 (3) | ↓ 76.0 ± 1.0 (3) | **90.0 ± 0.0 (3)** | "
                        "↓ 80.0 ± 0.0 (3) |\n"));
  EXPECT_THAT(paper_table("layer-transfer"), HasSubstr("| untrained network | 90.0 ± 0.0 (3) | 90.0"));
}

TEST_F(PaperTables, LeaveTheGoodnessGapBlankWhereThereIsNone) {
  const std::string blank = " 0.25 ± 0.00 (3) |  |  |  |  |\n", full = " 3.50 ± 0.00 (3) |\n";
  const std::string text = paper_table("layer-insight");
  const auto row = [&](const std::string& label) {
    const size_t begin = text.find("| " + label + " |");
    return text.substr(begin, text.find('\n', begin) + 1 - begin);
  };
  EXPECT_THAT(row("FF, hybrid images"), testing::EndsWith(full));
  EXPECT_THAT(row("BP, rotation"), testing::EndsWith(blank));
  EXPECT_THAT(row("BP, supervised"), testing::EndsWith(blank));
  EXPECT_THAT(row("untrained network"), HasSubstr("700.00"));
}

}  // namespace
}  // namespace twopass::report
