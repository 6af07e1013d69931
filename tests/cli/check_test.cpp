#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class Check : public Workplace {};

TEST_F(Check, PrintsTheChainOfShapes) {
  const Outcome outcome = twopass({"check", "tiny.yaml"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  const auto line = [&](const std::string& text) {
    EXPECT_THAT(outcome.out, ContainsRegex("(^|\n)" + text));
  };
  line("dataset +fashion_mnist +u8 1x28x28, 10 classes\n");
  line("pretext +rotation +u8 1x28x28, 4 classes, 4 pixel maps\n");
  // Weights and biases: 784 * 16 + 16 + 16 * 16 + 16.
  line("trainer +ff +f32 \\[50, 784\\] -> 16 -> 16, 12832 parameters, scores layer1, layer2, combined\n");
  line("backend +blas ");
  line("transfer +fashion_mnist +linear probes of 2 layers, 10 classes\n");
  EXPECT_FALSE(fs::exists(path("results")));
}

TEST_F(Check, FollowsOverrides) {
  const Outcome outcome = twopass({"check", "tiny.yaml", "network.hidden=[3, 5, 7]", "trainer.plugin=bp"});
  EXPECT_THAT(outcome.out, ContainsRegex("bp +f32 \\[50, 784\\] -> 3 -> 5 -> 7, "));
}

TEST_F(Check, SpeaksJson) {
  const json first = json::parse(twopass({"check", "tiny.yaml", "--json"}).out);
  EXPECT_EQ(first["config_hash"].get<std::string>().size(), 64U);
  EXPECT_THAT(first["config"].get<std::string>(), HasSubstr("learning_rate: 0.001"));
  const json same = json::parse(twopass({"check", "tiny.yaml", "--json", "backend.threads=2"}).out);
  const json other = json::parse(twopass({"check", "tiny.yaml", "--json", "trainer.epochs=4"}).out);
  EXPECT_EQ(same["config_hash"], first["config_hash"]) << "threads do not make another experiment";
  EXPECT_NE(other["config_hash"], first["config_hash"]);
}

TEST_F(Check, PassesEveryPipelineOfTheProject) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(CONFIGS)) {
    if (entry.path().extension() != ".yaml") continue;
    const Outcome outcome = twopass({"check", entry.path().string()});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    ++count;
  }
  EXPECT_EQ(count, 2) << "mnist-rotation.yaml and quickstart.yaml";
}

}  // namespace
}  // namespace twopass::cli_test
