// Forward-Forward without labels: hybrid images as negatives.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class Unsupervised : public Workplace {
 protected:
  // A run without labels, with little data.
  json run(const std::vector<std::string>& changes = {}) const {
    std::vector<std::string> arguments{"run", "tiny.yaml", "--json", "trainer.negatives=hybrid_images"};
    arguments.insert(arguments.end(), changes.begin(), changes.end());
    const Outcome outcome = twopass(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out);
  }
};

TEST_F(Unsupervised, HasNoPretextAccuracyButThatOfProbes) {
  const json result = run();
  EXPECT_EQ(without(without(result["pretext"], "probe"), "probe_halfway"),
            (json{{"task", "rotation"}, {"classes", 4}}));
  EXPECT_THAT(result["pretext"]["probe"], SizeIs(4)) << "two layers, the last three, all";
  for (const json& line : metrics(tiny_run())) {
    EXPECT_FALSE(line.contains("test_accuracy"));
    EXPECT_TRUE(line["dead_units"]["layer2"].is_number());
  }
  const Outcome again = twopass({"run", "tiny.yaml", "trainer.negatives=hybrid_images"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, ContainsRegex("pretrained {30}[0-9]")) << "no pretext accuracy, then raw pixels";
  EXPECT_THAT(twopass({"check", "tiny.yaml", "trainer.negatives=hybrid_images"}).out, HasSubstr("no scores"));
}

// Whether an image is its negative is easy to see; labels that belonged to other images could not be learned.
TEST_F(Unsupervised, ProbesThePretextTask) {
  const json result = run({"--plugin-path", RUN_TEST_PLUGINS, "pretext=negative"});
  EXPECT_GT(result["pretext"]["probe"]["all"], 0.95);
  EXPECT_THAT(content(tiny_run() / "log.txt"), HasSubstr("probe of pretext:  all "));
  const Outcome shown = twopass({"run", "tiny.yaml", "--plugin-path", RUN_TEST_PLUGINS,
                                 "trainer.negatives=hybrid_images", "pretext=negative"});
  EXPECT_THAT(shown.out, ContainsRegex("pretext task, by probes +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+\n"));
  // The rotations of more images, and of none that the probe was trained on: a quarter would be chance.
  EXPECT_GT(run({"name=turned", "dataset.train_size=2000", "dataset.test_size=1000",
                 "transfer.epochs=10"})["pretext"]["probe"]["all"],
            0.5);
  EXPECT_FALSE(run({"name=labels", "pretext=supervised"})["pretext"].contains("probe"))
      << "the same labels as those of the transfer probes";
}

// Its probe learns from the images that were pretrained on, however many the transfer probes have.
TEST_F(Unsupervised, NeedsABatchOfImagesToProbeThePretextTask) {
  const Outcome outcome =
      twopass({"run", "tiny.yaml", "trainer.negatives=hybrid_images", "transfer={epochs: 2, batch_size: 401}",
               "transfer.dataset={plugin: fashion_mnist, train_size: 1000, test_size: 200}"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("transfer.batch_size: the dataset has 400 training images, fewer than a "
                                     "batch of 401"));
}

TEST_F(Unsupervised, DoesNotProbeThePretextTaskTwice) {
  run();
  json kept = read_json(tiny_run() / "transfer.json");
  kept["pretext"]["all"] = 0.125;
  write("results/tiny/seed-0/transfer.json", kept.dump());
  fs::remove(tiny_run() / "result.json");
  EXPECT_EQ(run()["pretext"]["probe"]["all"], 0.125);
}

// Real images are told from hybrids of them, layer by layer, and the layers' features stay useful.
TEST_F(Unsupervised, LearnsToTellImagesFromHybrids) {
  const json result = run({"pretext=supervised", "dataset.train_size=2000", "dataset.test_size=1000",
                           "network.hidden=[100, 100]", "trainer.epochs=8", "transfer.epochs=20"});
  const json lines = metrics(tiny_run());
  for (const std::string layer : {"layer1", "layer2"}) {
    EXPECT_LT(lines.back()["train"][layer + ".loss"],
              lines.front()["train"][layer + ".loss"].get<double>() - 0.05)
        << layer;
    EXPECT_GT(lines.back()["train"][layer + ".goodness_positive"],
              lines.back()["train"][layer + ".goodness_negative"].get<double>() + 0.5)
        << layer;
    EXPECT_GT(result["transfer"]["features"][layer], 0.6) << layer << ", of ten classes";
  }
}

TEST_F(Unsupervised, IsTheSameForTheSameSeedAndAfterBeingResumed) {
  run();
  const std::string model = content(tiny_run() / "model.safetensors");
  run({"--results", "again"});
  EXPECT_EQ(content(path("again/tiny/seed-0/model.safetensors")), model);
  fs::remove(tiny_run() / "result.json");
  fs::remove(tiny_run() / "checkpoints/epoch-000003.safetensors");
  run();
  EXPECT_EQ(content(tiny_run() / "model.safetensors"), model) << "the third epoch was done again";
  run({"seed=1"});
  EXPECT_NE(content(path("results/tiny/seed-1/model.safetensors")), model);
}

TEST_F(Unsupervised, IsTheSameOnAllBackendsButForRounding) {
  run({"name=blas"});
  run({"name=onednn", "backend={plugin: onednn, threads: 1}"});
  const json blas = metrics(path("results/blas/seed-0")), onednn = metrics(path("results/onednn/seed-0"));
  for (size_t epoch = 0; epoch < 3; ++epoch)
    for (const auto& [name, value] : blas[epoch]["train"].items())
      EXPECT_NEAR(onednn[epoch]["train"][name], value, 2e-3 * std::abs(value.get<double>())) << name;
}

TEST_F(Unsupervised, NeedsTwoImagesInABatch) {
  const Outcome outcome =
      twopass({"check", "tiny.yaml", "trainer={plugin: ff, negatives: hybrid_images, batch_size: 1}"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("a batch of 1 has no other image"));
}

}  // namespace
}  // namespace twopass::cli_test
