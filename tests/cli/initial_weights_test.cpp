// Runs that begin with the weights of another one, or of another program.

#include <cmath>
#include <cstring>

#include "run/safetensors.hpp"
#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class InitialWeights : public Workplace {
 protected:
  void SetUp() override { ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0); }

  // A run that begins with them and learns nothing, called `name`.
  Outcome take(const std::string& name, const std::string& trainer, const fs::path& weights,
               std::vector<std::string> more = {}) const {
    more.insert(more.begin(),
                {"run", "tiny.yaml", "name=" + name,
                 "trainer={plugin: " + trainer +
                     ", epochs: 0, batch_size: 50, initial_weights: " + weights.string() + "}"});
    return twopass(more);
  }
  json result(const std::string& name) const {
    return read_json(path("results") / name / "seed-0/result.json");
  }
  std::vector<run::NamedTensor> model(const std::string& name) const {
    return run::read_safetensors(path("results") / name / "seed-0/model.safetensors").tensors;
  }
  static const std::vector<float>& values(const std::vector<run::NamedTensor>& tensors,
                                          const std::string& name) {
    return std::ranges::find(tensors, name, &run::NamedTensor::name)->values;
  }

  const fs::path learned_ = tiny_run() / "model.safetensors";
};

TEST_F(InitialWeights, GiveTheSameFeaturesAgain) {
  ASSERT_EQ(take("again", "ff", learned_).exit_code, 0);
  EXPECT_EQ(result("again")["transfer"], result("tiny")["transfer"]) << "the untrained network is the seed's";
  EXPECT_EQ(content(path("results/again/seed-0/model.safetensors")).substr(200),
            content(learned_).substr(200));
  ASSERT_EQ(take("halfway", "ff", tiny_run() / "checkpoints/epoch-000002.safetensors").exit_code, 0);
  EXPECT_NE(result("halfway")["transfer"]["features"], result("tiny")["transfer"]["features"]);
}

TEST_F(InitialWeights, AreKeptAsOftenAsAsked) {
  ASSERT_EQ(twopass({"run", "tiny.yaml", "name=kept", "trainer.epochs=4", "trainer.keep_every=2"}).exit_code,
            0);
  const fs::path models = path("results/kept/seed-0/models");
  EXPECT_EQ(std::distance(fs::directory_iterator(models), {}), 2);
  EXPECT_EQ(content(models / "epoch-000004.safetensors"),
            content(path("results/kept/seed-0/model.safetensors")));
  ASSERT_EQ(take("midway", "ff", models / "epoch-000002.safetensors").exit_code, 0);
  ASSERT_EQ(twopass({"run", "tiny.yaml", "name=two", "trainer.epochs=2"}).exit_code, 0);
  EXPECT_THAT(twopass({"run", "tiny.yaml", "name=two", "trainer.epochs=2", "trainer.keep_every=1"}).err,
              HasSubstr("warning: results/two/seed-0 kept no weights along the way; choose another `name`"));
  EXPECT_EQ(result("midway")["transfer"]["features"], result("two")["transfer"]["features"]);
}

TEST_F(InitialWeights, LeaveToTheSeedWhatTheyLack) {
  ASSERT_EQ(take("tuned", "bp", learned_).exit_code, 0);
  ASSERT_EQ(twopass({"run", "tiny.yaml", "name=fresh", "trainer={plugin: bp, epochs: 0, batch_size: 50}"})
                .exit_code,
            0);
  const auto tuned = model("tuned"), fresh = model("fresh"), learned = model("tiny");
  ASSERT_EQ(tuned.size(), learned.size() + 2) << "an output layer";
  for (const run::NamedTensor& tensor : tuned) {
    const bool shared = std::ranges::find(learned, tensor.name, &run::NamedTensor::name) != learned.end();
    EXPECT_EQ(tensor.values, values(shared ? learned : fresh, tensor.name)) << tensor.name;
  }
}

// The output layer of another task has other classes.
TEST_F(InitialWeights, LeaveToTheSeedWhatIsOfAnotherTask) {
  ASSERT_EQ(twopass({"run", "tiny.yaml", "name=four", "trainer.plugin=bp"}).exit_code, 0);
  const Outcome ten =
      take("ten", "bp", path("results/four/seed-0/model.safetensors"), {"pretext=supervised"});
  ASSERT_EQ(ten.exit_code, 0) << ten.err;
  EXPECT_THAT(ten.err,
              ContainsRegex("4 of 6 weights are those of .*/four/seed-0/model.safetensors; the seed's: "
                            "layers.2.weight, layers.2.bias; not used: layers.2.bias, layers.2.weight\n"));
  EXPECT_EQ(values(model("ten"), "layers.1.weight"), values(model("four"), "layers.1.weight"));
}

// With a tensor of a type that no network here has, which comes first in the header and last in the data.
TEST_F(InitialWeights, ComeFromElsewhereToo) {
  const std::string file = content(learned_);
  uint64_t size = 0;
  std::memcpy(&size, file.data(), sizeof size);
  json header = json::parse(file.substr(sizeof size, size));
  const size_t end = file.size() - sizeof size - size;
  header["a step"] = {{"dtype", "I64"}, {"shape", {1}}, {"data_offsets", {end, end + 8}}};
  const std::string text = header.dump();
  const uint64_t text_size = text.size();
  write("elsewhere.safetensors", std::string(reinterpret_cast<const char*>(&text_size), sizeof text_size) +
                                     text + file.substr(sizeof size + size) + std::string(8, '\0'));
  const Outcome outcome = take("x", "ff", "elsewhere.safetensors");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(result("x")["transfer"], result("tiny")["transfer"]);
}

TEST_F(InitialWeights, AreNotTakenAgainByALaterStart) {
  ASSERT_EQ(
      twopass({"run", "tiny.yaml", "name=more", "trainer.initial_weights=" + learned_.string()}).exit_code,
      0);
  const std::string model = content(path("results/more/seed-0/model.safetensors"));
  fs::remove(path("results/more/seed-0/result.json"));
  const Outcome again =
      twopass({"run", "tiny.yaml", "name=more", "trainer.initial_weights=" + learned_.string()});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err, HasSubstr("resuming after epoch 3"));
  EXPECT_THAT(again.err, Not(HasSubstr("weights are those of")));
  EXPECT_EQ(content(path("results/more/seed-0/model.safetensors")), model);
}

TEST_F(InitialWeights, AreLearnedFrom) {
  ASSERT_EQ(
      twopass({"run", "tiny.yaml", "name=more", "trainer.initial_weights=" + learned_.string()}).exit_code,
      0);
  EXPECT_LT(metrics(path("results/more/seed-0"))[0]["train"]["layer1.loss"].get<double>(),
            metrics(tiny_run())[0]["train"]["layer1.loss"].get<double>());
}

TEST_F(InitialWeights, AreRefusedWithTheReason) {
  const Outcome absent = take("x", "ff", "nowhere.safetensors");
  EXPECT_EQ(absent.exit_code, 4);
  EXPECT_THAT(absent.err, ContainsRegex("error: cannot read .*/nowhere.safetensors: No such file"));
  write("half.safetensors", content(learned_).substr(0, 1000));
  EXPECT_EQ(take("x", "ff", "half.safetensors").exit_code, 4);
  const Outcome wider = take("x", "ff", learned_, {"network.hidden=[16, 17]"});
  EXPECT_EQ(wider.exit_code, 2);
  EXPECT_THAT(wider.err,
              HasSubstr("has 'layers.1.weight' in the shape [16, 16], where this network's is [17, 16]"));
  auto tensors = model("tiny");
  tensors.back().values[0] = NAN;
  run::write_safetensors(path("broken.safetensors"), {{}, tensors});
  EXPECT_THAT(take("x", "ff", "broken.safetensors").err,
              HasSubstr("holds values in '" + tensors.back().name + "' that are no numbers"));
  tensors.pop_back();
  run::write_safetensors(path("fewer.safetensors"), {{}, tensors});
  const Outcome fewer = take("x", "ff", "fewer.safetensors");
  EXPECT_EQ(fewer.exit_code, 2);
  EXPECT_THAT(fewer.err, HasSubstr("has no 'layers.1.weight' in float32"));
  EXPECT_FALSE(fs::exists(path("results/x")));
}

TEST_F(InitialWeights, AreLookedAtOnPaper) {
  const auto check = [&](const std::string& weights) {
    return twopass({"check", "tiny.yaml", "trainer.initial_weights=" + weights, "network.hidden=[16, 17]"});
  };
  EXPECT_THAT(check("nowhere.safetensors").out,
              HasSubstr("\nweights   " + path("nowhere.safetensors").string() + " is not there yet\n"));
  EXPECT_EQ(check(learned_.string()).exit_code, 2);
  write("study.yaml",
        "name: study\nbase: tiny.yaml\ngrid: {network.hidden: [[16, 16], [16, 17]]}\nseeds: [0]\n");
  EXPECT_THAT(twopass({"sweep", "plan", "study.yaml", "trainer.initial_weights=" + learned_.string()}).err,
              HasSubstr("has 'layers.1.weight' in the shape [16, 16], where this network's is [17, 16]"));
}

TEST_F(InitialWeights, MayNotChangeUnderARun) {
  const auto change = [&](int epoch) {
    fs::copy(tiny_run() / ("checkpoints/epoch-00000" + std::to_string(epoch) + ".safetensors"),
             path("weights.safetensors"), fs::copy_options::overwrite_existing);
  };
  change(2);
  ASSERT_EQ(take("again", "ff", "weights.safetensors").exit_code, 0);
  EXPECT_THAT(take("again", "ff", "weights.safetensors").err, Not(HasSubstr("warning")));
  change(3);
  const Outcome done = take("again", "ff", "weights.safetensors");
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.err,
              ContainsRegex("warning: .*/seed-0 began with other weights than .*/weights.safetensors holds "
                            "now; to run it from the start, remove"));

  // Nor may a table take a mean over both.
  ASSERT_EQ(take("again", "ff", "weights.safetensors", {"seed=1"}).exit_code, 0);
  write("table.yaml",
        "rows: pretext\ncolumns: trainer\nvalue: transfer.features.all\nwhere: {name: again}\n");
  EXPECT_THAT(twopass({"table", "table.yaml", "results"}).err,
              HasSubstr("holds runs that differ in config.trainer.initial_weights.sha256"));

  fs::remove(path("results/again/seed-0/result.json"));
  const Outcome changed = take("again", "ff", "weights.safetensors");
  EXPECT_EQ(changed.exit_code, 4);
  EXPECT_THAT(changed.err, HasSubstr("the images, labels or initial weights are not those that"));
}

}  // namespace
}  // namespace twopass::cli_test
