// Pipelines that cannot work are refused before anything is started.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

struct Refusal {
  std::string name;
  std::vector<std::string> overrides;
  std::string message;  // a regular expression

  friend std::ostream& operator<<(std::ostream& out, const Refusal& refusal) { return out << refusal.name; }
};

class BadPipeline : public Workplace, public ::testing::WithParamInterface<Refusal> {
 protected:
  void expect_refusal(std::vector<std::string> arguments, const std::string& message) const {
    arguments.insert(arguments.end(), {"--plugin-path", RUN_TEST_PLUGINS});
    for (const char* command : {"run", "check"}) {
      arguments.front() = command;
      const Outcome outcome = twopass(arguments);
      EXPECT_EQ(outcome.exit_code, 2);
      EXPECT_THAT(outcome.err, ContainsRegex(message));
      EXPECT_THAT(outcome.out, IsEmpty());
    }
    EXPECT_FALSE(fs::exists(path("results"))) << "nothing was started";
  }
};

TEST_P(BadPipeline, IsRefused) {
  std::vector<std::string> arguments{"run", "tiny.yaml"};
  arguments.insert(arguments.end(), GetParam().overrides.begin(), GetParam().overrides.end());
  expect_refusal(arguments, GetParam().message);
}

const Refusal kRefusals[] = {
    {"unknown_key", {"trainer.epoch=5"}, "trainer: unknown key 'epoch'; did you mean 'epochs'?"},
    {"unknown_section", {"trainers.epochs=5"}, "unknown key 'trainers'; did you mean 'trainer'?"},
    {"wrong_type",
     {"trainer.epochs=many"},
     "trainer.epochs: expected an integer in .0, 1000000., got \"many\""},
    {"out_of_range", {"seed=-1"}, "seed: expected an integer of at least 0, got -1"},
    {"no_choice", {"trainer.goodness=length"}, "trainer.goodness: expected .*'?norm'?"},
    {"no_such_plugin",
     {"pretext=rotate"},
     "there is no pretext 'rotate' [(]there are, nearest first: rotation, [a-z_, ]*flip, jigsaw, supervised"},
    {"plugin_of_an_unsearched_folder",
     {"pretext=corner_of_mine"},
     "there is no pretext 'corner_of_mine' .*; `twopass inspect` shows the folders .* --plugin-path adds "
     "one"},
    {"misspelt_plugin", {"pretext=rotaton"}, "there is no pretext 'rotaton'; did you mean 'rotation'[?] [(]"},
    {"plugin_of_another_kind", {"pretext=ff"}, "there is no pretext 'ff'.*'ff' is a trainer"},
    {"thresholds_of_other_layers",
     {"trainer.layer_thresholds=[1]"},
     "trainer.layer_thresholds: .*has 1 entries for 2 hidden layers; give one per layer"},
    {"vote_of_no_layer",
     {"trainer.score_layers=[3]"},
     "trainer.score_layers: .*names layer 3, but the network has 2 hidden layers"},
    {"vote_given_twice", {"trainer.score_layers=[1, 1]"}, "score_layers names layer 1 twice"},
    {"labels_that_do_not_fit",
     {"dataset={plugin: bars}", "pretext={plugin: jigsaw, grid: 3, permutations: 49}"},
     "the 49 classes of the pretext task do not fit as label pixels into the first channel of 8x6 pixels"},
    {"bad_name", {"name=../escape"}, "name: expected up to 100 letters"},
    {"no_override", {"trainer.epochs"}, "expected KEY=VALUE"},
    {"shape_that_does_not_fit",
     {"dataset={plugin: bars}", "transfer.batch_size=50"},
     "pretext.*rotation needs square images; the dataset offers 1x8x6"},
    {"transfer_to_another_shape",
     {"transfer.dataset=bars"},
     "transfer.dataset 'bars' has 1x8x6 images, dataset 'fashion_mnist' has 1x28x28 ones"},
    {"no_layer", {"network.hidden=[]"}, "override 1: .* error: network.hidden: .*at least one hidden layer"},
};

INSTANTIATE_TEST_SUITE_P(Pipeline, BadPipeline, ::testing::ValuesIn(kRefusals),
                         [](const auto& test) { return test.param.name; });

TEST_F(BadPipeline, ShowsEveryErrorWithItsPlace) {
  write("bad.yaml",
        "name: bad\ndataset: fashion_mnist\npretext: rotation\ntrainer: {plugin: ff, epocs: 3, "
        "batch_size: 0}\nnetwrk: {}\n");
  expect_refusal({"run", "bad.yaml"}, "bad.yaml:4:23: error: trainer: unknown key 'epocs'");
  expect_refusal({"run", "bad.yaml"},
                 "bad.yaml:4:45: error: trainer.batch_size: expected an integer in \\[1, 1000000\\]");
  expect_refusal({"run", "bad.yaml"}, "bad.yaml:5:1: error: unknown key 'netwrk'");
}

TEST_F(BadPipeline, ThatIsASweepIsSaidToBeOne) {
  write("study.yaml", "name: study\nbase: tiny.yaml\nseeds: [0, 1]\n");
  expect_refusal({"run", "study.yaml"},
                 "^study.yaml:2:1: error: this is a sweep and no pipeline; `twopass sweep run`");
}

TEST_F(BadPipeline, IsNamedWhenItCannotBeRead) {
  write("broken.yaml", "name: [1, 2\n");
  fs::create_directory(path("folder"));
  expect_refusal({"run", "broken.yaml"}, "broken.yaml:[0-9]+:[0-9]+: error: ");
  expect_refusal({"run", "nowhere.yaml"}, "nowhere.yaml: error: there is no such file");
  expect_refusal({"run", "folder"}, "folder: error: this is a folder");
  expect_refusal({"run", "/dev/null"}, "/dev/null: error: expected a pipeline");
}

// These depend on the data, so only `run` finds them.
struct Mismatch {
  std::string name, override, message;

  friend std::ostream& operator<<(std::ostream& out, const Mismatch& mismatch) {
    return out << mismatch.name;
  }
};

class DataMismatch : public Workplace, public ::testing::WithParamInterface<Mismatch> {};

TEST_P(DataMismatch, IsRefusedBeforeAFolderIsMade) {
  const Outcome outcome = twopass({"run", "tiny.yaml", GetParam().override});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, ContainsRegex(GetParam().message));
  EXPECT_FALSE(fs::exists(path("results"))) << "nothing was started";
}

const Mismatch kMismatches[] = {
    {"batch", "dataset.train_size=40",
     "tiny.yaml:5:46: error: trainer.batch_size: the dataset has 40 training images, fewer than a batch of "
     "50"},
    {"probe_batch", "transfer.batch_size=401",
     "override 1: .* error: transfer.batch_size: the dataset has 400 training images, fewer than a batch of "
     "401"},
    {"train_size", "dataset.train_size=60001",
     "override 1: .* error: dataset.train_size: the dataset has 60000 images in its training split, not "
     "60001"},
    {"test_size", "dataset.test_size=10001",
     "override 1: .* error: dataset.test_size: the dataset has 10000 images in its test split, not 10001"},
    {"validation_size", "dataset={plugin: fashion_mnist, validation_size: 60000}",
     "override 1: .* error: dataset.validation_size: the dataset has 60000 images in its training split, of "
     "which "
     "some must be left, not 60000"},
    {"validation_and_test", "dataset.validation_size=100",
     "tiny.yaml:2:62: error: dataset.test_size: no test image is used where validation_size takes their "
     "place"},
    {"validation_of_one", "transfer.dataset={plugin: fashion_mnist, validation_size: 100}",
     "override 1: .* error: transfer.dataset.validation_size: dataset and transfer.dataset need the same "
     "validation_size, or what one holds out"},
};

INSTANTIATE_TEST_SUITE_P(Pipeline, DataMismatch, ::testing::ValuesIn(kMismatches),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace twopass::cli_test
