// Runs that begin with the weights of another one, or of another program.

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
  run::write_safetensors(path("other.safetensors"), {{}, {{"conv.weight", {1}, {2.0F}}}});
  const Outcome other = take("x", "ff", "other.safetensors");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("has none of this network's weights, such as 'layers.0.weight'"));
  EXPECT_FALSE(fs::exists(path("results/x")));
}

TEST_F(InitialWeights, MayNotChangeUnderARun) {
  fs::copy(learned_, path("weights.safetensors"));
  ASSERT_EQ(take("again", "ff", "weights.safetensors").exit_code, 0);
  fs::remove(path("results/again/seed-0/result.json"));
  fs::copy(tiny_run() / "checkpoints/epoch-000002.safetensors", path("weights.safetensors"),
           fs::copy_options::overwrite_existing);
  const Outcome changed = take("again", "ff", "weights.safetensors");
  EXPECT_EQ(changed.exit_code, 4);
  EXPECT_THAT(changed.err, HasSubstr("the images, labels or initial weights are not those that"));
}

}  // namespace
}  // namespace twopass::cli_test
