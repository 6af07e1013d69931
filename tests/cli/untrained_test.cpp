// The trainer `none`: the control as a run of its own.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class Untrained : public Workplace {
 protected:
  json result(const std::vector<std::string>& changes) const {
    std::vector<std::string> arguments{"run", "tiny.yaml", "--json", "trainer={batch_size: 50}"};
    arguments.insert(arguments.end(), changes.begin(), changes.end());
    const Outcome outcome = twopass(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("warning")));
    return json::parse(outcome.out);
  }
};

TEST_F(Untrained, HasTheFeaturesOfTheNetworkThatBackpropagationBeginsWith) {
  const json none = result({"trainer.plugin=none", "trainer.epochs=0", "seed=3"});
  const json bp = result({"trainer.plugin=bp", "trainer.epochs=1", "seed=3", "name=bp"});
  EXPECT_EQ(none["transfer"]["features"], bp["transfer"]["controls"]["untrained"]);
  EXPECT_EQ(none["transfer"]["controls"], bp["transfer"]["controls"]);
  EXPECT_NE(none["transfer"]["features"], bp["transfer"]["features"]);
  EXPECT_FALSE(none["pretext"].contains("test_accuracy")) << "no epoch, no accuracy, as with every trainer";
}

// `none` has no label pixels, so its features are those of FF where these are kept. Clothes have black
// corners, in which `keep` and `zero` are the same; bars do not.
TEST_F(Untrained, SeesTheLabelPixelsThatTheTransferSectionAsksFor) {
  const auto untrained = [&](const std::string& trainer, const std::string& label_pixels) {
    const Outcome outcome = twopass({"run", "bars.yaml", "--json", "--plugin-path", RUN_TEST_PLUGINS,
                                     "name=" + trainer + label_pixels, "trainer.plugin=" + trainer,
                                     "transfer.label_pixels=" + label_pixels});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out)["transfer"]["controls"]["untrained"];
  };
  const json none = untrained("none", "neutral");
  EXPECT_EQ(untrained("ff", "keep"), none);
  const json zero = untrained("ff", "zero"), neutral = untrained("ff", "neutral");
  EXPECT_NE(zero, none);
  EXPECT_NE(neutral, none);
  EXPECT_NE(neutral, zero);
}

TEST_F(Untrained, IsTheSameAfterAnyNumberOfEpochs) {
  const json none = result({"trainer.plugin=none", "trainer.epochs=0"});
  const json later = result({"trainer.plugin=none", "trainer.epochs=2", "name=later"});
  EXPECT_EQ(none["transfer"], later["transfer"]);
}

TEST_F(Untrained, GuessesTheFirstClass) {
  const json none = result({"trainer.plugin=none", "trainer.epochs=1", "dataset.test_size=0"});
  EXPECT_NEAR(none["pretext"]["test_accuracy"].get<double>(), 0.25, 0.02)
      << "of four rotations, drawn at random";
  EXPECT_EQ(none["pretext"]["layers"], json::array());
}

}  // namespace
}  // namespace twopass::cli_test
