// What a run's result says of each layer.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class Insight : public Workplace {
 protected:
  json run(const std::vector<std::string>& changes) const {
    std::vector<std::string> arguments{"run", "tiny.yaml", "--json", "trainer={batch_size: 50, epochs: 2}"};
    arguments.insert(arguments.end(), changes.begin(), changes.end());
    const Outcome outcome = twopass(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out)["insight"];
  }
  fs::path folder(const std::string& name) const { return path("results") / name / "seed-0"; }
};

TEST_F(Insight, IsThereForEveryLayerAndForTheUntrainedNetwork) {
  const json insight = run({"trainer.plugin=ff", "name=ff"});
  EXPECT_EQ(insight["images"], 200);
  for (const char* network : {"pretrained", "untrained"})
    for (const char* layer : {"layer1", "layer2"}) {
      const json& measured = insight[network][layer];
      EXPECT_GT(measured["effective_rank"], 1) << network << ", " << layer;
      EXPECT_LT(measured["effective_rank"], 16) << "units";
      const double dead = measured["dead_units"];
      EXPECT_NEAR(dead * 16, std::round(dead * 16), 1e-9) << "a share of 16 units";
    }
  const json last = metrics(folder("ff")).back()["train"];
  for (const std::string layer : {"layer1", "layer2"}) {
    EXPECT_EQ(
        insight["pretrained"][layer]["goodness_gap"],
        last[layer + ".goodness_positive"].get<double>() - last[layer + ".goodness_negative"].get<double>());
    EXPECT_FALSE(insight["untrained"][layer].contains("goodness_gap"));
  }
}

TEST_F(Insight, LooksAtAThousandImagesAtMost) {
  EXPECT_EQ(run({"dataset.test_size=1100", "trainer.plugin=none"})["images"], 1000);
}

TEST_F(Insight, TellsTheThresholdThatTheTrainerTook) {
  for (const auto& [goodness, threshold] :
       std::map<std::string, int>{{"norm", 10}, {"sum_squares", 16}, {"mean_squares", 2}}) {
    const json untold = run({"trainer.plugin=ff", "name=" + goodness, "trainer.goodness=" + goodness,
                             "trainer.epochs=0"})["pretrained"];
    for (const char* layer : {"layer1", "layer2"}) EXPECT_EQ(untold[layer]["threshold"], threshold);
  }
  const json told = run({"trainer.plugin=ff", "name=told", "trainer.layer_thresholds=[2, 3]"})["pretrained"];
  EXPECT_EQ(told["layer1"]["threshold"], 2);
  EXPECT_EQ(told["layer2"]["threshold"], 3);
  EXPECT_FALSE(run({"trainer.plugin=bp", "name=bp"})["pretrained"]["layer1"].contains("threshold"));
  const json last = run({"trainer.plugin=bp", "trainer.loss=goodness_last", "name=last"})["pretrained"];
  for (const char* layer : {"layer1", "layer2"}) {
    EXPECT_TRUE(last[layer].contains("goodness_gap"));
    EXPECT_FALSE(last[layer].contains("threshold")) << "only the last layer has a loss";
  }
}

TEST_F(Insight, OfTheUntrainedNetworkIsThatOfTheTrainerNone) {
  const json bp = run({"trainer.plugin=bp", "name=bp"});
  EXPECT_EQ(run({"trainer.plugin=none", "name=none"})["pretrained"], bp["untrained"]);
  EXPECT_NE(bp["pretrained"], bp["untrained"]);
  EXPECT_FALSE(bp["pretrained"]["layer1"].contains("goodness_gap")) << "cross-entropy knows no goodness";
}

// Which weights are measured must not hang on how far the run had come before it was stopped.
TEST_F(Insight, IsTheSameAfterBeingResumed) {
  const json whole = run({"trainer.plugin=ff", "name=ff"});
  fs::remove(folder("ff") / "result.json");
  EXPECT_EQ(run({"trainer.plugin=ff", "name=ff"}), whole) << "all probes were done";
  fs::remove(folder("ff") / "result.json");
  fs::remove(folder("ff") / "transfer.json");
  EXPECT_EQ(run({"trainer.plugin=ff", "name=ff"}), whole) << "no probe was done";
}

}  // namespace
}  // namespace twopass::cli_test
