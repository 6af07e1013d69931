// Layers that stop to learn are named while they do: on stderr, in log.txt, and for the quiet too.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class LayerTrouble : public Workplace {
 protected:
  // What was said, after checking that log.txt holds the same warnings.
  std::string warnings(std::vector<std::string> changes) const {
    changes.insert(changes.begin(), {"run", "tiny.yaml", "--quiet"});
    const Outcome outcome = twopass(changes);
    EXPECT_EQ(outcome.exit_code, 0) << "a warning is no failure: " << outcome.err;
    const std::string log = content(tiny_run() / "log.txt");
    for (const char* layer : {"warning: layer 1 ", "warning: layer 2 "}) {
      EXPECT_EQ(count(log, layer), count(outcome.err, layer)) << log;
      EXPECT_LE(count(outcome.err, layer), 1) << "told twice: " << outcome.err;
    }
    return outcome.err;
  }
  static int count(const std::string& text, const std::string& part) {
    int found = 0;
    for (size_t place = text.find(part); place != std::string::npos; place = text.find(part, place + 1))
      ++found;
    return found;
  }
};

// A label that can hardly be seen makes positives and negatives the same image, and weights that hardly move
// leave their goodness at what is taken as the threshold here: the mean of the untrained network.
TEST_F(LayerTrouble, IsToldOfLayersWhoseGoodnessesStayAtTheThreshold) {
  const std::vector<std::string> collapse{"trainer.learning_rate=1e-9", "trainer.label_strength=1e-3",
                                          "trainer.layer_thresholds=[1.7, 1.473]"};
  const std::string text = warnings(collapse);
  EXPECT_THAT(text, HasSubstr("warning: layer 1 has collapsed: positives and negatives both have a goodness "
                              "at the threshold"));
  EXPECT_THAT(text, HasSubstr("warning: layer 2 has collapsed: "));
}

TEST_F(LayerTrouble, IsToldOfThemUnderBpWithTheGoodnessOfAllLayers) {
  const std::vector<std::string> collapse{
      "trainer={plugin: bp, loss: goodness_all, epochs: 3, batch_size: 50, learning_rate: 1e-9, "
      "label_strength: 1e-3, layer_thresholds: [1.7, 1.473]}"};
  const std::string text = warnings(collapse);
  EXPECT_THAT(text, HasSubstr("warning: layer 1 has collapsed: "));
  EXPECT_THAT(text, HasSubstr("warning: layer 2 has collapsed: "));
}

// The warning's formula against what the untrained network does; with inputs so small, biases are half of it.
TEST_F(LayerTrouble, IsToldBeforehandWhatGoodnessALayerStartsWith) {
  const std::string text =
      warnings({"trainer.learning_rate=1e-9", "trainer.goodness=sum_squares", "trainer.threshold=100",
                "trainer.epochs=1", "network.hidden=[500, 16]", "network.normalization=unit_length"});
  const std::string start = "layer 1 starts with a goodness near ";
  ASSERT_THAT(text, HasSubstr(start));
  const double told = std::stod(text.substr(text.find(start) + start.size()));
  const double measured = metrics(tiny_run())[0]["train"]["layer1.goodness_negative"];
  EXPECT_NEAR(told, measured, 0.25 * measured);
}

TEST_F(LayerTrouble, IsNotToldBeforehandOfLayersWithoutAGoodnessLoss) {
  const std::string trainer =
      "trainer={plugin: bp, epochs: 1, batch_size: 50, layer_thresholds: [5e3, 5e3], loss: ";
  EXPECT_THAT(twopass({"check", "tiny.yaml", trainer + "goodness_all}"}).err,
              HasSubstr("layer 1 starts with a goodness near "));
  const std::string text = twopass({"check", "tiny.yaml", trainer + "goodness_last}"}).err;
  EXPECT_THAT(text, HasSubstr("layer 2 starts with a goodness near "));
  EXPECT_THAT(text, Not(HasSubstr("layer 1 starts")));
}

TEST_F(LayerTrouble, IsNotToldOfOtherLayers) {
  EXPECT_THAT(warnings({"trainer.learning_rate=1e-9", "trainer.label_strength=1e-3",
                        "trainer.layer_thresholds=[1.7, 3]"}),
              Not(HasSubstr("layer 2 has collapsed")));
}

// Huge steps towards a goodness of almost nothing.
TEST_F(LayerTrouble, IsToldOfDeadLayers) {
  const std::string text =
      warnings({"network.hidden=[1, 1]", "trainer.learning_rate=10", "trainer.threshold=1e-3"});
  EXPECT_THAT(text, HasSubstr("warning: layer 1 is dead: hardly any of its units is ever active"));
  EXPECT_THAT(text, HasSubstr("warning: layer 2 is dead: "));
  EXPECT_EQ(metrics(tiny_run())[2]["dead_units"]["layer1"], 1);
}

}  // namespace
}  // namespace twopass::cli_test
