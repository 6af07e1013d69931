#include "report/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twopass::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// The example of the design, its controls complete.
json example() {
  return json::parse(R"({"schema": 1, "name": "mnist-rotation-ff", "seed": 3, "config_hash": "3f9c",
    "pretext": {"task": "rotation", "classes": 4, "test_accuracy": 0.985, "layers": [0.985, 0.984]},
    "transfer": {"dataset": "mnist", "classes": 10,
      "features": {"layer1": 0.93, "layer2": 0.81, "last_three": 0.8, "all": 0.97},
      "controls": {"raw_pixels": 0.92, "untrained": {"layer1": 0.96, "layer2": 0.958, "last_three": 0.966, "all": 0.97}}}})");
}

TEST(Summary, ShowsEveryFeatureSetBesideTheControls) {
  EXPECT_EQ(summary(example(), Format::kTerminal),
            "mnist-rotation-ff, seed 3: pretext task rotation, linear probe on mnist with frozen features\n"
            "\n"
            "                   pretext  raw pixels  layer 1  layer 2  last three   all\n"
            "pretrained            98.5        92.0    ↓93.0    ↓81.0       ↓80.0  97.0\n"
            "untrained network                 92.0     96.0     95.8        96.6  97.0\n"
            "\n"
            "In percent; ↓: below untrained network.\n"
            "Below the untrained network: layer 1 by 3.0, layer 2 by 14.8, last three by 16.6.\n"
            "Those features tell the classes apart less well than no pretraining at all.\n"
            "Below raw pixels: layer 2 by 11.0, last three by 12.0.\n");
}

TEST(Summary, BlamesPretrainingOnlyForWhatTheUntrainedNetworkDoesBetter) {
  json result = example();
  for (json& accuracy : result["transfer"]["features"]) accuracy = 0.90;
  for (json& accuracy : result["transfer"]["controls"]["untrained"]) accuracy = 0.88;
  const std::string text = summary(result, Format::kTerminal);
  EXPECT_THAT(text, HasSubstr("Below raw pixels: layer 1 by 2.0"));
  EXPECT_THAT(text, Not(HasSubstr("no pretraining at all")));
}

TEST(Summary, CallsASmallDifferenceWhatItMayBe) {
  json result = example();
  for (json& accuracy : result["transfer"]["features"]) accuracy = 0.955;
  for (json& accuracy : result["transfer"]["controls"]["untrained"]) accuracy = 0.958;
  const std::string text = summary(result, Format::kTerminal);
  EXPECT_THAT(text, HasSubstr("Below the untrained network: layer 1 by 0.3"));
  EXPECT_THAT(text, HasSubstr("With one seed, such small differences may be chance."));
  EXPECT_THAT(text, Not(HasSubstr("no pretraining at all")));
}

TEST(Summary, WarnsOfProbesThatStillLearned) {
  json result = example();
  result["transfer"]["halfway"] = result["transfer"];
  EXPECT_THAT(summary(result, Format::kTerminal), Not(HasSubstr("still")));
  result["transfer"]["halfway"]["features"]["layer2"] = 0.78;
  EXPECT_THAT(summary(result, Format::kTerminal),
              HasSubstr("the probes still gained (pretrained layer 2 by 3.0): more transfer.epochs"));
  result["transfer"]["halfway"]["controls"]["untrained"]["all"] = 0.96;
  EXPECT_THAT(summary(result, Format::kTerminal),
              HasSubstr("(pretrained layer 2 by 3.0; untrained all by 1.0)"));
  result["transfer"]["halfway"] = result["transfer"];
  result["transfer"]["halfway"]["controls"]["raw_pixels"] = 0.915;
  EXPECT_THAT(summary(result, Format::kTerminal), HasSubstr("(raw pixels by 0.5)"));
  result["pretext"]["probe"] = {{"layer1", 0.9}, {"all", 0.9}};
  result["pretext"]["probe_halfway"] = {{"layer1", 0.9}, {"all", 0.8}};
  EXPECT_THAT(summary(result, Format::kTerminal), HasSubstr("(raw pixels by 0.5; pretext task all by 10.0)"));
  result["transfer"]["halfway"] = 3;
  EXPECT_THAT(summary(result, Format::kTerminal), HasSubstr("(pretext task all by 10.0)"));
}

TEST(Summary, SaysNothingOfControlsThatAreBeaten) {
  json result = example();
  for (json& accuracy : result["transfer"]["features"]) accuracy = 0.99;
  const std::string text = summary(result, Format::kMarkdown);
  EXPECT_THAT(text, Not(HasSubstr("elow")));
  EXPECT_THAT(text, HasSubstr("| pretrained | 98.5 | 92.0 | 99.0 |"));
}

TEST(Summary, OrdersLayersByNumber) {
  json result = example();
  for (int layer = 1; layer <= 11; ++layer)
    result["transfer"]["features"]["layer" + std::to_string(layer)] = 0.99;
  EXPECT_THAT(summary(result, Format::kTerminal), HasSubstr("layer 9  layer 10  layer 11  last three"));
}

TEST(Summary, LeavesOutWhatTheResultLacks) {
  json result = example();
  result["transfer"]["controls"].erase("untrained");
  EXPECT_THAT(summary(result, Format::kTerminal),
              HasSubstr("Missing: untrained network: layer 1, layer 2, last three"));
  EXPECT_THAT(summary(json{{"name", "a"}}, Format::kTerminal), HasSubstr("a, seed 0"));
}

TEST(Summary, IsJsonForMachines) {
  const json parsed = json::parse(summary(example(), Format::kJson));
  EXPECT_EQ(parsed["rows"], json({"pretrained", "untrained network"}));
  EXPECT_EQ(parsed["cells"][0]["mean"], 0.985);
  EXPECT_EQ(parsed["remarks"].size(), 3);
}

}  // namespace
}  // namespace twopass::report
