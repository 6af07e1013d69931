#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/diagnostic.hpp"
#include "report/table.hpp"
#include "support/temp_folder.hpp"
#include "twopass/error.hpp"

namespace twopass::report {

// What matters of a run to these tests.
struct RunText {
  std::string name = "mnist-ff";
  int seed = 0;
  std::string pretext = "rotation";
  std::string trainer = "ff";
  int epochs = 60;
  double accuracy = 0.9;
  std::string state = "done";
  int threads = 2;
};

inline void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

inline std::string config_text(const RunText& run) {
  return "name: " + run.name + "\nseed: " + std::to_string(run.seed) +
         "\ndataset:\n  plugin: mnist\n  root: \"\"\n  train_size: 0\npretext:\n  plugin: " + run.pretext +
         "\nnetwork:\n  hidden: [2000, 2000]\ntrainer:\n  plugin: " + run.trainer +
         "\n  epochs: " + std::to_string(run.epochs) +
         "\n  batch_size: 200\n  learning_rate: 1e-4\nbackend:\n  plugin: blas\n  threads: " +
         std::to_string(run.threads) + "\ntransfer:\n  epochs: 100\n  label_pixels: neutral\n";
}

// All that config_hash covers, in readable form; the footer shows the first 8 characters.
inline std::string hash(const RunText& run) {
  return run.trainer + "-" + std::to_string(run.epochs) + "-s" + std::to_string(run.seed) + "-" + run.pretext;
}

inline nlohmann::json result(const RunText& run) {
  return {{"schema", 1},
          {"name", run.name},
          {"seed", run.seed},
          {"config_hash", hash(run)},
          {"pretext",
           {{"task", run.pretext}, {"classes", 4}, {"test_accuracy", run.accuracy}, {"layers", {0.9, 0.8}}}}};
}

// A folder of runs and a table definition, gone at the end of the test.
class ResultsFolder : public testing::Test {
 protected:
  std::filesystem::path results() const { return folder_ / "results"; }

  // A run folder at `path` below the results, as `twopass run` leaves it.
  void add(const std::string& path, const RunText& run) const {
    write(results() / path / "config.yaml", config_text(run));
    write(results() / path / "status.json", nlohmann::json{{"state", run.state}}.dump());
    if (run.state == "done") write(results() / path / "result.json", result(run).dump());
  }

  std::string table(const std::string& definition, Format format = Format::kTerminal) const {
    write(folder_ / "table.yaml", definition);
    return report::table(folder_ / "table.yaml", {results()}, format);
  }

  nlohmann::json json(const std::string& definition) const {
    return nlohmann::json::parse(table(definition, Format::kJson));
  }

  // The error that the table ends in; its text has the test's own folder cut out.
  Error error(const std::string& definition) const {
    try {
      table(definition);
    } catch (const pipeline::InvalidPipeline& e) {
      return Error(without_folder(e.what()));
    } catch (const Error& e) {
      return Error(without_folder(e.what()), e.status());
    }
    ADD_FAILURE() << "no error";
    return Error("no error");
  }

  std::string without_folder(std::string text) const {
    const std::string prefix = folder_.generic_string() + "/";
    for (size_t place = text.find(prefix); place != std::string::npos; place = text.find(prefix))
      text.erase(place, prefix.size());
    return text;
  }

  test::TempFolder temporary_;
  std::filesystem::path folder_ = temporary_.path();
};

// FF and BP side by side, one row for each pretext task.
inline const std::string kByPretext = R"(rows: pretext
columns:
  - {label: FF, where: {trainer: ff}}
  - {label: BP, where: {trainer: bp}}
value: pretext.test_accuracy
percent: true
)";

}  // namespace twopass::report
