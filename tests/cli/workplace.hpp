#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "process.hpp"
#include "support/temp_folder.hpp"

namespace twopass::cli_test {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// A pipeline that is done in a moment.
inline constexpr const char* kTiny = R"(name: tiny
dataset: {plugin: fashion_mnist, train_size: 400, test_size: 200}
pretext: rotation
network: {hidden: [16, 16]}
trainer: {plugin: ff, epochs: 3, batch_size: 50, learning_rate: 1e-3}
backend: {threads: 1}
transfer: {epochs: 2, batch_size: 50}
)";
// The same with the test plugin `bars`, whose images are not square.
inline constexpr const char* kBars = R"(name: bars
dataset: bars
pretext: flip
network: {hidden: [8, 8]}
trainer: {plugin: ff, epochs: 2, batch_size: 50}
backend: {threads: 1}
transfer: {epochs: 2, batch_size: 50}
)";

inline std::string content(const fs::path& file) {
  EXPECT_TRUE(fs::exists(file)) << file;
  return test::content_of(file);
}

inline json read_json(const fs::path& file) { return json::parse(content(file)); }

inline json without(json object, const std::string& key) {
  object.erase(key);
  return object;
}

// metrics.jsonl without the time it took.
inline json metrics(const fs::path& run) {
  json lines = json::array();
  std::istringstream text(content(run / "metrics.jsonl"));
  for (std::string line; std::getline(text, line);) lines.push_back(without(json::parse(line), "seconds"));
  return lines;
}

// Metrics of two networks that round otherwise. They drift apart as they learn, so `first_bound`, relative
// for losses, absolute for accuracies, grows with each epoch.
inline void expect_close_metrics(const json& actual, const json& expected, double first_bound) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t epoch = 0; epoch < expected.size(); ++epoch) {
    const double bound = first_bound * static_cast<double>(epoch + 1);
    for (const auto& [name, value] : expected[epoch]["train"].items())
      EXPECT_NEAR(actual[epoch]["train"][name], value, bound * std::abs(value.get<double>()))
          << name << " in epoch " << epoch + 1;
    for (const auto& [set, value] : expected[epoch]["test_accuracy"].items())
      EXPECT_NEAR(actual[epoch]["test_accuracy"][set], value, bound) << set << " in epoch " << epoch + 1;
  }
}

// Every file below a folder: when it was last written, and what.
inline std::map<fs::path, std::pair<fs::file_time_type, std::string>> snapshot(const fs::path& folder) {
  std::map<fs::path, std::pair<fs::file_time_type, std::string>> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path()] = {entry.last_write_time(), content(entry.path())};
  return files;
}

inline void wait_until(const std::function<bool()>& condition) {
  for (int millisecond = 0; millisecond < 60000; ++millisecond) {
    if (condition()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  FAIL() << "waited for a minute";
}

// An empty folder in which `twopass` is called, with the pipelines tiny.yaml and bars.yaml.
class Workplace : public ::testing::Test {
 protected:
  Workplace() {
    write("tiny.yaml", kTiny);
    write("bars.yaml", kBars);
  }

  // Neither the caller's environment nor its home counts.
  Surroundings surroundings() const {
    Surroundings here;
    here.folder = folder_.path();
    here.environment = {{"HOME", folder_.path().string()}};
    return here;
  }
  static std::vector<std::string> command(const std::vector<std::string>& arguments) {
    std::vector<std::string> words{TWOPASS};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }
  Outcome twopass(const std::vector<std::string>& arguments) const {
    return twopass(arguments, surroundings());
  }
  Outcome twopass(const std::vector<std::string>& arguments, const Surroundings& around) const {
    return Process(command(arguments), around).wait();
  }

  fs::path path(const fs::path& name) const { return folder_.path() / name; }
  void write(const fs::path& name, const std::string& text) const { folder_.write(name, text); }
  fs::path tiny_run() const { return path("results/tiny/seed-0"); }

  test::TempFolder folder_;
};

}  // namespace twopass::cli_test
