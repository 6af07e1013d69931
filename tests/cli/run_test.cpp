// What a run leaves behind and says.

#include <cmath>
#include <cstring>
#include <numeric>
#include <set>

#include "data/idx_writer.hpp"
#include "run/safetensors.hpp"
#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

using nlohmann::literals::operator""_json_pointer;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class Run : public Workplace {};

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

TEST_F(Run, WritesTheFilesOfItsFolder) {
  const Outcome outcome = twopass({"run", "tiny.yaml"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  std::vector<std::string> files;
  for (const auto& [file, state] : snapshot(tiny_run())) files.push_back(file.lexically_relative(tiny_run()));
  EXPECT_THAT(files, UnorderedElementsAre("checkpoints/epoch-000002.safetensors",
                                          "checkpoints/epoch-000003.safetensors", "config.yaml", "lock",
                                          "log.txt", "metrics.jsonl", "model.safetensors", "result.json",
                                          "run.json", "status.json", "transfer.json"));
  EXPECT_EQ(read_json(tiny_run() / "status.json")["state"], "done");
  EXPECT_THAT(content(tiny_run() / "log.txt"), HasSubstr("epoch 3/3"));

  const json run = read_json(tiny_run() / "run.json");
  EXPECT_THAT(run["config_hash"].get<std::string>(), ::testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_THAT(run["started"].get<std::string>(), ::testing::MatchesRegex("20..-..-..T..:..:..Z"));
  EXPECT_EQ(run["plugins"]["trainer"][0]["name"], "ff");
  EXPECT_EQ(run["plugins"]["trainer"][0]["sha256"].get<std::string>().size(), 64U);

  // The stored configuration is a pipeline, and the same one.
  const json check = json::parse(twopass({"check", (tiny_run() / "config.yaml").string(), "--json"}).out);
  EXPECT_EQ(check["config_hash"], run["config_hash"]);
  EXPECT_EQ(check["config"], content(tiny_run() / "config.yaml"));
}

// OpenBLAS would wait for ever for the second one.
TEST_F(Run, TakesNoMoreThreadsThanOpenMpGives) {
  for (const char* backend : {"blas", "onednn"}) {
    Surroundings around = surroundings();
    around.environment["OMP_THREAD_LIMIT"] = "1";
    const Outcome outcome = Process({"/usr/bin/timeout", "60", TWOPASS, "run", "tiny.yaml",
                                     "network.hidden=[300, 200]", std::string("name=") + backend,
                                     std::string("backend={threads: 2, plugin: ") + backend + "}", "--json"},
                                    around)
                                .wait();
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(json::parse(outcome.out)["backend"]["threads"], 1);
  }
}

TEST_F(Run, WritesAResultWithTheFieldsOfTheContract) {
  const Outcome outcome = twopass({"run", "tiny.yaml", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json result = read_json(tiny_run() / "result.json");
  EXPECT_EQ(json::parse(outcome.out), result);

  EXPECT_EQ(result["schema"], 1);
  EXPECT_EQ(result["name"], "tiny");
  EXPECT_EQ(result["seed"], 0);
  EXPECT_EQ(result["config_hash"], read_json(tiny_run() / "run.json")["config_hash"]);
  EXPECT_EQ(result["pretext"]["task"], "rotation");
  EXPECT_EQ(result["pretext"]["classes"], 4);
  EXPECT_EQ(result["pretext"]["layers"].size(), 2U);
  EXPECT_EQ(result["transfer"]["dataset"], "fashion_mnist");
  EXPECT_EQ(result["transfer"]["classes"], 10);
  const std::vector<std::string> sets{"all", "last_three", "layer1", "layer2"};
  EXPECT_EQ(keys(result["transfer"]["features"]), sets);
  EXPECT_EQ(keys(result["transfer"]["controls"]["untrained"]), sets);
  EXPECT_EQ(keys(result["backend"]), (std::vector<std::string>{"device", "name", "precision", "threads"}));
  EXPECT_EQ(result["backend"]["threads"], 1);
  EXPECT_GT(result["speed"]["train_samples_per_second"], 0);
  EXPECT_GT(result["speed"]["train_seconds"], 0);
  EXPECT_GT(result["speed"]["peak_memory_bytes"], 1000000);
  // Fractions of 200 images. Raw pixels of clothes are no secret even after two epochs.
  const double accuracy = result["pretext"]["test_accuracy"];
  EXPECT_NEAR(accuracy * 200, std::round(accuracy * 200), 1e-9);
  EXPECT_GT(result["transfer"]["controls"]["raw_pixels"], 0.4);
  EXPECT_LE(result["transfer"]["controls"]["raw_pixels"], 1);
}

TEST_F(Run, WritesALineOfMetricsPerEpoch) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  const json lines = metrics(tiny_run());
  ASSERT_EQ(lines.size(), 3U);
  for (size_t index = 0; index < 3; ++index) {
    EXPECT_EQ(lines[index]["epoch"], index + 1);
    EXPECT_EQ(lines[index]["step"], 8 * (index + 1));
    EXPECT_EQ(keys(lines[index]["test_accuracy"]),
              (std::vector<std::string>{"combined", "layer1", "layer2"}));
    EXPECT_TRUE(lines[index]["train"]["layer1.loss"].is_number());
  }
  EXPECT_LT(lines[2]["train"]["layer1.loss"], lines[0]["train"]["layer1.loss"]) << "it learns";
  EXPECT_EQ(lines[2]["test_accuracy"]["combined"],
            read_json(tiny_run() / "result.json")["pretext"]["test_accuracy"]);
}

TEST_F(Run, WritesTheModelForAnyReader) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  const run::SafeTensors model = run::read_safetensors(tiny_run() / "model.safetensors");
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const run::NamedTensor& tensor : model.tensors) shapes[tensor.name] = tensor.shape;
  const std::map<std::string, std::vector<int64_t>> expected{{"layers.0.weight", {16, 784}},
                                                             {"layers.0.bias", {16}},
                                                             {"layers.1.weight", {16, 16}},
                                                             {"layers.1.bias", {16}}};
  EXPECT_EQ(shapes, expected);
}

// Of images held out, the pretext task and the probes are tested; none is trained on.
TEST_F(Run, MeasuresOnImagesHeldOut) {
  const std::vector<std::string> held_out{
      "run", "tiny.yaml", "dataset={plugin: fashion_mnist, validation_size: 100, train_size: 400}"};
  ASSERT_EQ(twopass(held_out).exit_code, 0);
  const json result = read_json(tiny_run() / "result.json");
  EXPECT_EQ(result["validation_size"], 100);
  const double accuracy = result["pretext"]["test_accuracy"], hits = accuracy * 100;
  EXPECT_NEAR(hits, std::round(hits), 1e-9) << "of 100 images";
  EXPECT_THAT(twopass(held_out).out,
              HasSubstr("Accuracies are of 100 training images held out, not of the test images."));
  write("table.yaml", "rows: pretext\ncolumns: trainer\nvalue: pretext.test_accuracy\n");
  EXPECT_THAT(twopass({"table", "table.yaml", "results"}).out,
              HasSubstr("400 training images, 100 other training images in place of the test images"));
}

TEST_F(Run, PutsResultsOnStdoutAndAllElseOnStderr) {
  const Outcome outcome = twopass({"run", "tiny.yaml"});
  EXPECT_THAT(outcome.out, ContainsRegex("tiny, seed 0.*"));
  EXPECT_THAT(outcome.out, HasSubstr("raw pixels"));
  EXPECT_THAT(outcome.out, ::testing::EndsWith("\nresults/tiny/seed-0\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("epoch 1/")));
  EXPECT_THAT(outcome.err, HasSubstr("epoch 1/3"));
  EXPECT_THAT(outcome.err, HasSubstr("probe of raw_pixels"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("\r"))) << "stderr is no terminal";
  EXPECT_THAT(outcome.err, Not(HasSubstr("\033")));
}

TEST_F(Run, IsSilentWhenAskedTo) {
  const Outcome outcome = twopass({"run", "tiny.yaml", "--quiet"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, HasSubstr("tiny, seed 0"));
}

TEST_F(Run, IsNotRunAgainWhenItIsDone) {
  const Outcome first = twopass({"run", "tiny.yaml"});
  const auto before = snapshot(tiny_run());
  const Outcome second = twopass({"run", "tiny.yaml"});
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_EQ(second.out, first.out);
  EXPECT_EQ(second.err, "results/tiny/seed-0 is already done\n");
  EXPECT_EQ(snapshot(tiny_run()), before);
}

TEST_F(Run, GivesTheSameBytesForTheSameSeed) {
  for (const char* results : {"a", "b"})
    ASSERT_EQ(twopass({"run", "tiny.yaml", "--results", results}).exit_code, 0);
  ASSERT_EQ(twopass({"run", "tiny.yaml", "seed=1", "--results", "a"}).exit_code, 0);
  const fs::path a = path("a/tiny/seed-0"), b = path("b/tiny/seed-0"), other = path("a/tiny/seed-1");
  EXPECT_EQ(content(a / "model.safetensors"), content(b / "model.safetensors"));
  EXPECT_EQ(metrics(a), metrics(b));
  EXPECT_EQ(without(read_json(a / "result.json"), "speed"), without(read_json(b / "result.json"), "speed"));
  EXPECT_NE(content(a / "model.safetensors"), content(other / "model.safetensors"));
  EXPECT_NE(metrics(a), metrics(other));
  const json images = read_json(a / "run.json")["data"]["dataset"];
  const json other_images = read_json(other / "run.json")["data"]["dataset"];
  EXPECT_NE(images["train"], other_images["train"]);
  EXPECT_EQ(images["test"], other_images["test"]) << "all seeds are asked the same";
}

TEST_F(Run, TakesOverridesAndRecordsThem) {
  ASSERT_EQ(twopass({"run", "tiny.yaml", "name=other", "trainer.epochs=1", "network.hidden=[8]"}).exit_code,
            0);
  const fs::path run = path("results/other/seed-0");
  EXPECT_EQ(metrics(run).size(), 1U);
  EXPECT_THAT(content(run / "config.yaml"), HasSubstr("hidden: [8]"));
  EXPECT_EQ(keys(read_json(run / "result.json")["transfer"]["features"]), std::vector<std::string>{"layer1"});
}

TEST_F(Run, WorksWithoutAnyPretraining) {
  ASSERT_EQ(twopass({"run", "tiny.yaml", "trainer.epochs=0"}).exit_code, 0);
  const json transfer = read_json(tiny_run() / "result.json")["transfer"];
  EXPECT_EQ(transfer["features"], transfer["controls"]["untrained"]);
}

TEST_F(Run, WorksWithEveryTrainerAndPretextTask) {
  for (const std::string trainer : {"ff", "bp"})
    for (const std::string pretext : {"rotation", "flip", "jigsaw", "supervised"}) {
      const Outcome outcome =
          twopass({"run", "tiny.yaml", "name=" + trainer + "-" + pretext, "trainer.epochs=1",
                   "trainer.plugin=" + trainer, "pretext=" + pretext});
      EXPECT_EQ(outcome.exit_code, 0) << trainer << ", " << pretext << ": " << outcome.err;
    }
}

TEST_F(Run, WorksWithThirdPartyPluginsAndATaskThatTransformsImages) {
  const Outcome outcome = twopass({"run", "bars.yaml", "--plugin-path", RUN_TEST_PLUGINS, "pretext=negative",
                                   "trainer.plugin=bp", "trainer.epochs=20", "trainer.learning_rate=0.01",
                                   "transfer.epochs=20", "transfer.learning_rate=0.05"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json result = read_json(path("results/bars/seed-0/result.json"));
  EXPECT_GT(result["pretext"]["test_accuracy"], 0.9) << "negatives of dark images are bright";
  EXPECT_GT(result["transfer"]["controls"]["raw_pixels"], 0.95) << "bars are easy";
}

TEST_F(Run, LearnsFromOneSplitAndIsTestedOnTheOther) {
  const auto result = [&](const std::string& name, const std::string& trainer) {
    const Outcome outcome = twopass({"run", "bars.yaml", "--json", "--plugin-path", RUN_TEST_PLUGINS,
                                     "name=" + name, "dataset=contrary", "trainer=" + trainer,
                                     "transfer.epochs=20", "transfer.learning_rate=0.05"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out);
  };
  const json bp = result("bp", "{plugin: bp, epochs: 10, batch_size: 50, learning_rate: 0.01}");
  EXPECT_LT(bp["pretext"]["test_accuracy"], 0.1);
  EXPECT_LT(bp["transfer"]["controls"]["raw_pixels"], 0.5);
  for (const auto& [set, accuracy] : bp["transfer"]["features"].items()) EXPECT_LT(accuracy, 0.6) << set;
  const json ff =
      result("ff", "{plugin: ff, negatives: hybrid_images, epochs: 4, batch_size: 50, learning_rate: 1e-3}");
  for (const auto& [set, accuracy] : ff["pretext"]["probe"].items()) EXPECT_LT(accuracy, 0.1) << set;
}

// A network that hardly learns: its loss changes only with the images that it sees.
TEST_F(Run, ShowsEachImageTheSameWayInEveryEpochWithoutRedraw) {
  const auto losses = [&](const std::string& redraw) {
    const Outcome outcome = twopass({"run", "tiny.yaml", "name=" + redraw, "pretext.redraw=" + redraw,
                                     "trainer.plugin=bp", "trainer.learning_rate=1e-20"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::vector<double> found;
    for (const json& line : metrics(path("results/" + redraw + "/seed-0")))
      found.push_back(line["train"]["loss"]);
    return found;
  };
  const std::vector<double> fixed = losses("false"), drawn_anew = losses("true");
  ASSERT_EQ(fixed.size(), 3U);
  for (const size_t epoch : {1, 2}) {
    EXPECT_NEAR(fixed[epoch], fixed[0], 1e-5 * fixed[0]);
    EXPECT_GT(std::abs(drawn_anew.at(epoch) - drawn_anew[0]), 1e-4 * drawn_anew[0]);
  }
}

TEST_F(Run, TellsMeanAndDeviationOfTheLastTenEpochs) {
  ASSERT_EQ(twopass({"run", "tiny.yaml", "trainer.epochs=13", "trainer.evaluate_every=2"}).exit_code, 0);
  std::vector<double> last_ten;
  for (const json& line : metrics(tiny_run())) {
    const int64_t epoch = line["epoch"];
    EXPECT_EQ(line.contains("test_accuracy"), epoch == 2 || epoch > 3) << line;
    EXPECT_EQ(line.value("pretext_accuracy", json()),
              line.value("/test_accuracy/combined"_json_pointer, json()));
    if (epoch > 3) last_ten.push_back(line["pretext_accuracy"]);
  }
  ASSERT_EQ(last_ten.size(), 10U);
  const double mean = std::accumulate(last_ten.begin(), last_ten.end(), 0.0) / 10;
  double squares = 0;
  for (const double accuracy : last_ten) squares += (accuracy - mean) * (accuracy - mean);
  const json told = read_json(tiny_run() / "result.json")["pretext"]["last_ten"];
  EXPECT_EQ(told["epochs"], 10);
  EXPECT_NEAR(told["mean"], mean, 1e-12);
  EXPECT_NEAR(told["standard_deviation"], std::sqrt(squares / 9), 1e-12);
}

// As PyTorch's Linear has them, of a single unit too.
TEST_F(Run, SavesWeightsAsMatricesAndBiasesAsVectors) {
  ASSERT_EQ(twopass({"run", "tiny.yaml", "network.hidden=[1, 16]"}).exit_code, 0);
  const std::string model = content(tiny_run() / "model.safetensors");
  uint64_t length = 0;
  std::memcpy(&length, model.data(), sizeof length);
  const json header = json::parse(model.substr(sizeof length, length));
  EXPECT_EQ(header["layers.0.weight"]["shape"], json({1, 784}));
  EXPECT_EQ(header["layers.0.bias"]["shape"], json({1}));
  EXPECT_EQ(header["layers.1.weight"]["shape"], json({16, 1}));
}

// 300 images in batches of 70: four steps.
TEST_F(Run, TellsTrainersWhichEpochAndStepItIs) {
  const Outcome outcome = twopass({"run", "bars.yaml", "seed=5", "pretext=negative",
                                   "trainer={plugin: witness, epochs: 3, batch_size: 70}", "--plugin-path",
                                   RUN_TEST_PLUGINS, "--plugin-path", CLI_TEST_PLUGINS});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json lines = metrics(path("results/bars/seed-5"));
  ASSERT_EQ(lines.size(), 3U);
  std::set<double> orders;
  for (size_t epoch = 0; epoch < 3; ++epoch) {
    const json& told = lines[epoch]["train"];
    EXPECT_EQ(told["seed"], 5);
    EXPECT_EQ(told["epoch"], epoch);
    EXPECT_EQ(told["steps"], 4);
    EXPECT_EQ(told["first_step"], 4 * epoch);
    EXPECT_EQ(told["mismatches"], 0) << "the batches have the labels that the epoch was begun with";
    orders.insert(told["order"].get<double>());
  }
  EXPECT_EQ(orders.size(), 3U) << "each epoch draws anew";
}

TEST_F(Run, ProbesAsTheTransferSectionAsks) {
  const auto features = [&](const std::string& name, const std::string& change) {
    const Outcome outcome = twopass({"run", "tiny.yaml", "--json", "name=" + name, change});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out)["transfer"]["features"];
  };
  const json usual = features("usual", "seed=0");
  for (const std::string change : {"learning_rate=0.05", "weight_decay=1", "batch_size=25", "features=raw"})
    EXPECT_NE(features(change.substr(0, change.find('=')), "transfer." + change), usual) << change;
}

TEST_F(Run, TransfersToAnotherDataset) {
  const std::string tiny = kTiny;
  write("other.yaml",
        tiny.substr(0, tiny.find("transfer:")) +
            "transfer: {epochs: 2, batch_size: 50, dataset: {plugin: fashion_mnist, train_size: "
            "100, test_size: 30}}\n");
  const Outcome outcome = twopass({"run", "other.yaml"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const double accuracy = read_json(tiny_run() / "result.json")["transfer"]["controls"]["raw_pixels"];
  EXPECT_NEAR(accuracy * 30, std::round(accuracy * 30), 1e-9) << "of 30 images";
}

TEST_F(Run, TransfersToADatasetOfAnotherPlugin) {
  test::Bytes labels;
  for (uint8_t image = 0; image < 50; ++image) labels.push_back(image % 10);
  for (const std::string split : {"train", "t10k"}) {
    test::write_plain(path("digits/" + split + "-images-idx3-ubyte"), test::images_file(50));
    test::write_plain(path("digits/" + split + "-labels-idx1-ubyte"), test::labels_file(labels));
  }
  const Outcome outcome = twopass({"run", "tiny.yaml", "transfer.dataset={plugin: mnist, root: digits}"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json result = read_json(tiny_run() / "result.json");
  EXPECT_EQ(result["transfer"]["dataset"], "mnist");
  const double hits = 50 * result["transfer"]["features"]["layer1"].get<double>();
  EXPECT_NEAR(hits, std::round(hits), 1e-9) << "of 50 images";
  const json checksums = read_json(tiny_run() / "run.json")["data"];
  EXPECT_NE(checksums["transfer_dataset"], checksums["dataset"]);
}

TEST_F(Run, MakesATable) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  write("table.yaml",
        "title: Tiny\nrows: {field: trainer}\ncolumns: [{label: pixels, value: "
        "transfer.controls.raw_pixels}]\npercent: true\n");
  const Outcome outcome = twopass({"table", "table.yaml", "results", "--format", "json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["cells"][0]["mean"],
            read_json(tiny_run() / "result.json")["transfer"]["controls"]["raw_pixels"]);
  EXPECT_EQ(twopass({"table", "table.yaml", "results", "--format", "word"}).exit_code, 2);
}

}  // namespace
}  // namespace twopass::cli_test
