// Plugin files that cannot be used, and plugins that misbehave, among good ones.

#include <elf.h>

#include "host/compatibility.hpp"
#include "host/elf_note.hpp"
#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

const fs::path kHostTestPlugins = HOST_TEST_PLUGINS;

class BadPlugin : public Workplace {
 protected:
  // A copy of a plugin as third/NAME.twopass.so, with some of its bytes replaced.
  void copy(const fs::path& from, const std::string& name, const std::string& find = "",
            const std::string& replacement = "") const {
    std::string bytes = content(from);
    if (!find.empty()) {
      const size_t place = bytes.find(find);
      ASSERT_NE(place, std::string::npos) << from;
      bytes.replace(place, find.size(), replacement);
    }
    write("third/" + name + ".twopass.so", bytes);
  }
  Outcome with_third(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--plugin-path", path("third").string()});
    return twopass(arguments);
  }
};

template <class Struct>
std::string bytes_of(const Struct& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

class RefusedPlugin : public BadPlugin {
 protected:
  RefusedPlugin() {
    write("third/truncated.twopass.so", content(good_).substr(0, 1000));
    write("third/text.twopass.so", "This is no library.\n");
    copy(kHostTestPlugins / "plain_library.twopass.so", "plain");

    const twopass_note note = *host::read_elf_notes(good_).twopass;
    twopass_note other = note;
    other.abi_major += 1;
    copy(good_, "toy_dataset", bytes_of(note), bytes_of(other));
  }
  // What a pipeline is told that names the file's plugin.
  void expect_explained(const std::string& name, const std::string& reason) const {
    for (const char* command : {"run", "check"}) {
      const Outcome outcome = with_third({command, "tiny.yaml", "dataset=" + name});
      EXPECT_EQ(outcome.exit_code, 2);
      EXPECT_THAT(outcome.err, ContainsRegex("error: dataset: there is no dataset '" + name + "'.*" +
                                             path("third").string() + "/" + name +
                                             ".twopass.so was refused: it " + reason));
      EXPECT_THAT(outcome.out, IsEmpty());
    }
    EXPECT_FALSE(fs::exists(path("results"))) << "nothing was started";
  }

  const fs::path good_ = kHostTestPlugins / "toy_dataset.twopass.so";
};

TEST_F(RefusedPlugin, DoesNotKeepTheOthersFromWork) {
  const Outcome outcome = with_third({"run", "tiny.yaml"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(RefusedPlugin, IsListedWithItsFileAndTheReason) {
  const Outcome outcome = with_third({"inspect", "--failed"});
  EXPECT_EQ(outcome.exit_code, 0);
  const auto listed = [&](const std::string& name, const std::string& reason) {
    EXPECT_THAT(outcome.out,
                ContainsRegex(path("third").string() + "/" + name + ".twopass.so\n  [^\n]*" + reason));
  };
  listed("truncated", "truncated");
  listed("text", "no shared library");
  listed("plain", "no twopass plugin");
  listed("toy_dataset", "built against plugin ABI 2.*this host has 1.*update twopass");

  const json refused = json::parse(with_third({"inspect", "--failed", "--json"}).out);
  EXPECT_EQ(refused.size(), 4U);
  EXPECT_THAT(twopass({"inspect", "--failed"}).err, HasSubstr("no plugin file was refused"));

  const Outcome one = with_third({"inspect", "--failed", "dataset/text"});
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_THAT(one.out, ContainsRegex("^[^\n]*text.twopass.so\n[^\n]*no shared library[^\n]*\n$"));
  const Outcome none = with_third({"inspect", "--failed", "rotation"});
  EXPECT_EQ(none.exit_code, 5);
  EXPECT_EQ(none.err, "no plugin file of 'rotation' was refused\n");
}

TEST_F(RefusedPlugin, IsExplainedToWhoInspectsIt) {
  const Outcome outcome = with_third({"inspect", "dataset/toy_dataset"});
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("error: no plugin 'dataset/toy_dataset'"));
  EXPECT_THAT(outcome.err, ContainsRegex("\n[^\n]*toy_dataset.twopass.so was refused: [^\n]*ABI 2"));
}

TEST_F(RefusedPlugin, IsExplainedToWhoNamesIt) {
  expect_explained("truncated",
                   "is truncated: it has 1000 bytes but refers to [0-9]+ bytes from byte [0-9]+ on; build or "
                   "copy it again");
  expect_explained("text", "is no shared library: it does not begin as an ELF file does");
  expect_explained("plain", "is a shared library but no twopass plugin");
  expect_explained("toy_dataset", "was built against plugin ABI 2");
}

// A file that was refused says nothing of a good plugin that happens to have its name.
TEST_F(RefusedPlugin, HidesNoOtherOfItsName) {
  write("third/blas.twopass.so", "An old build that nothing can be made of.\n");
  const std::string doctor = with_third({"doctor"}).out;
  EXPECT_THAT(doctor, ContainsRegex("problem +[^\n]*third/blas.twopass.so"));
  EXPECT_THAT(doctor, ContainsRegex("ok +backend/blas: "));
}

class DemandingPlugin : public RefusedPlugin {
 protected:
  static bool has_v4() { return (host::this_host().cpu_levels & GNU_PROPERTY_X86_ISA_1_V4) != 0; }
  void expect_refused() const {
    const std::string reason =
        "needs a CPU of level [^\n]*, which this one is not: build it with a lower -march";
    EXPECT_THAT(with_third({"inspect", "--failed"}).out,
                ContainsRegex("toy_dataset.twopass.so\n  it " + reason));
    expect_explained("toy_dataset", reason);
    EXPECT_EQ(with_third({"check", "tiny.yaml"}).exit_code, 0) << "nobody else minds";
  }
};

TEST_F(DemandingPlugin, SaysSoInItsNote) {
  const twopass_note note = *host::read_elf_notes(good_).twopass;
  twopass_note other = note;
  other.cpu_level = has_v4() ? 5 : 4;
  copy(good_, "toy_dataset", bytes_of(note), bytes_of(other));
  expect_refused();
}

TEST_F(DemandingPlugin, WasMarkedByItsLinker) {
  if (host::read_elf_notes(good_).cpu_levels == 0) GTEST_SKIP() << "the compiler records no CPU level";
  const uint32_t property[] = {GNU_PROPERTY_X86_ISA_1_NEEDED, 4};
  std::string bytes = content(good_);
  const size_t place = bytes.find(bytes_of(property));
  ASSERT_NE(place, std::string::npos);
  bytes[place + sizeof property] = has_v4() ? 0x10 : GNU_PROPERTY_X86_ISA_1_V4;
  write("third/toy_dataset.twopass.so", bytes);
  expect_refused();
}

TEST_F(BadPlugin, CannotBeUsedWithoutItsSymbols) {
  copy(kHostTestPlugins / "missing_symbol.twopass.so", "missing_symbol");
  const Outcome outcome = with_third({"run", "tiny.yaml", "dataset=missing_symbol"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err,
              ContainsRegex("dataset 'missing_symbol' cannot be used: .*missing_symbol.twopass.so: .*"
                            "undefined symbol: twopass_test_symbol_that_nobody_defines"));
  EXPECT_EQ(with_third({"run", "tiny.yaml"}).exit_code, 0);

  const std::string reason = "undefined symbol: twopass_test_symbol_that_nobody_defines";
  EXPECT_THAT(with_third({"inspect", "--failed"}).out, HasSubstr(reason));
  EXPECT_THAT(with_third({"doctor"}).out, ContainsRegex("problem +[^\n]*missing_symbol[^\n]*" + reason));
  const Outcome schema = with_third({"schema"});
  EXPECT_THAT(schema.err,
              ContainsRegex("^warning: left out [^\n]*missing_symbol.twopass.so: [^\n]*" + reason));
  EXPECT_TRUE(json::parse(schema.out).contains("properties"));

  const Outcome list = with_third({"inspect", "dataset"});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.out, HasSubstr("dataset fashion_mnist"));
  EXPECT_THAT(list.err, HasSubstr("warning: dataset 'missing_symbol' cannot be used"));
}

TEST_F(BadPlugin, MayThrowAcrossTheBoundary) {
  copy(kHostTestPlugins / "throws_in_create.twopass.so", "throws_in_create");
  const Outcome outcome = with_third({"run", "tiny.yaml", "dataset={plugin: throws_in_create}"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.err,
            "error: dataset 'throws_in_create': an exception left the plugin, which is a bug in it: "
            "thrown across the boundary\n");
  EXPECT_FALSE(fs::exists(path("results")));
}

TEST_F(BadPlugin, IsNamedWhenItCrashes) {
  const auto run = [&](const std::string& fault) {
    return twopass({"run", "tiny.yaml",
                    "trainer={plugin: crooked_trainer, fault: " + fault + ", batch_size: 50}",
                    "--plugin-path", CLI_TEST_PLUGINS});
  };
  const std::string advice = "; `twopass plugin check .*/crooked_trainer.twopass.so` tries it part by part\n";
  const Outcome crashed = run("crash");
  EXPECT_EQ(crashed.signal, SIGABRT);
  EXPECT_THAT(crashed.err, ContainsRegex("error: trainer 'crooked_trainer' crashed" + advice));
  const Outcome ended = run("exit");
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(ended.err, ContainsRegex("error: trainer 'crooked_trainer' ended the process" + advice));
}

TEST_F(BadPlugin, IsNamedWhereAHintNeedsItsFolder) {
  const Outcome outcome =
      twopass({"check", "tiny.yaml", "trainer={plugin: crooked_trainer, falt: none, batch_size: 50}",
               "--plugin-path", CLI_TEST_PLUGINS});
  EXPECT_THAT(outcome.err, HasSubstr("see: twopass inspect trainer/crooked_trainer --plugin-path " +
                                     fs::canonical(CLI_TEST_PLUGINS).string() + "\n"));
}

TEST_F(BadPlugin, IsNotCalledOneForWantOfARequiredOption) {
  const std::string file = PIPELINE_TEST_PLUGINS "/letters.twopass.so";
  const Outcome outcome = twopass({"plugin", "check", file});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("dataset.font: required, but missing"));
  EXPECT_THAT(outcome.err, HasSubstr("note: the plugin's options follow its file: twopass plugin check " +
                                     file + " KEY=VALUE\n"));
}

// No plugin at fault: each check has a process of its own, whose end must be seen.
TEST_F(BadPlugin, IsNotCalledOneWhereSigchldWasIgnored) {
  const Outcome outcome = Process({"/usr/bin/env", "--ignore-signal=CHLD", TWOPASS, "plugin", "check",
                                   OWN_PLUGINS "/flip.twopass.so", "--only", "library.exports"},
                                  surroundings())
                              .wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(BadPlugin, MayRefuseAnOptionWhenItIsMade) {
  const Outcome outcome =
      twopass({"run", "tiny.yaml", "trainer={plugin: crooked_trainer, fault: option, batch_size: 50}",
               "--plugin-path", CLI_TEST_PLUGINS});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err,
              ContainsRegex("override 1: character 42: error: trainer.fault: .*such a fault cannot be"));
}

struct Lie {
  std::string name, plugin, option, message;
  int exit_code;

  friend std::ostream& operator<<(std::ostream& out, const Lie& lie) { return out << lie.name; }
};

class LyingPlugin : public BadPlugin, public ::testing::WithParamInterface<Lie> {};

TEST_P(LyingPlugin, IsFoundOut) {
  const Lie& lie = GetParam();
  const Outcome outcome = twopass({"run", "tiny.yaml", lie.plugin + "={plugin: " + lie.option + "}",
                                   "--plugin-path", CLI_TEST_PLUGINS, "--plugin-path", HOST_TEST_PLUGINS});
  EXPECT_EQ(outcome.exit_code, lie.exit_code);
  EXPECT_THAT(outcome.err, ContainsRegex("error: " + lie.message));
  EXPECT_THAT(outcome.out, IsEmpty());
}

const Lie kLies[] = {
    {"scores", "trainer", "crooked_trainer, batch_size: 50",
     "trainer 'crooked_trainer' offers scores of shape \\[250, 5\\] where \\[250, 4\\] is due, which is a "
     "bug in it",
     3},
    {"features", "trainer", "crooked_trainer, fault: nothing, batch_size: 50",
     "trainer 'crooked_trainer' offers no features, which is a bug in it", 3},
    {"metrics", "trainer", "crooked_trainer, fault: metrics, batch_size: 50",
     "trainer 'crooked_trainer': build returned no metrics, of which it needs one at least", 3},
    {"thresholds", "trainer", "crooked_trainer, fault: thresholds, batch_size: 50",
     "trainer 'crooked_trainer': build returned 1 thresholds for 2 features, of which each needs one", 3},
    {"unnamed_scores", "trainer", "crooked_trainer, fault: unnamed, batch_size: 50",
     "trainer 'crooked_trainer' offers no names of its scores, which is a bug in it", 3},
    {"layers", "trainer", "crooked_trainer, fault: layers, batch_size: 50",
     "trainer 'crooked_trainer' offers features of 1 layers where the network has 2, which is a bug in it",
     3},
    {"width", "trainer", "crooked_trainer, fault: width, batch_size: 50",
     "trainer 'crooked_trainer' offers features of layer 1 of shape \\[250, 17\\] where \\[250, 16\\] is due",
     3},
    {"one_tensor", "trainer", "crooked_trainer, fault: twice, batch_size: 50",
     "trainer 'crooked_trainer' offers one tensor as the features of layers 1 and 2, which is a bug in it",
     3},
    {"one_name", "trainer", "crooked_trainer, fault: one_name, batch_size: 50",
     "trainer 'crooked_trainer' gives two metrics one name among loss, loss, which is a bug in it", 3},
    {"loss", "trainer", "crooked_trainer, fault: not_a_number, batch_size: 50",
     "loss is no longer a number in epoch 1; try a smaller trainer.learning_rate", 1},
    {"pixels", "dataset", "crooked_images, fault: pixels",
     "dataset 'crooked_images': its train split has 500 labels and 391216 pixels, where its image shape asks "
     "for 392000",
     4},
    {"labels", "dataset", "crooked_images, fault: labels",
     "dataset 'crooked_images': image 7 of its test split has label 10; labels are 0 to 9", 4},
    {"images", "dataset", "crooked_images, fault: nothing",
     "dataset 'crooked_images': its train split has 500 labels and 0 pixels", 4},
    {"task_shape", "pretext", "crooked_pretext, fault: shape",
     "pretext 'crooked_pretext': describes images of shape .1, 28, 0., which cannot be", 3},
    {"task_size", "pretext", "crooked_pretext, fault: size",
     "pretext 'crooked_pretext' makes 1x14x28 images of the dataset's 1x28x28 ones", 2},
    {"task_classes", "pretext", "crooked_pretext, fault: classes",
     "pretext 'crooked_pretext': makes a task of 1 classes, where at least 2 are needed", 3},
    {"task_maps", "pretext", "crooked_pretext, fault: maps",
     "pretext 'crooked_pretext': map 1 takes pixel 783 from pixel 784 of an image that has 784", 3},
    {"task_map_size", "pretext", "crooked_pretext, fault: map_size",
     "pretext 'crooked_pretext': a pixel map has the wrong size", 3},
    {"task_label", "pretext", "crooked_pretext, fault: label",
     "pretext 'crooked_pretext': gave an image label 2; labels are 0 to 1", 3},
    {"types", "backend", "crooked_backend, fault: types",
     "reference has no buffers of type uint8, which 'pixels' needs", 2},
    {"storage", "backend", "crooked_backend, fault: storage",
     "backend 'crooked_backend': buffer_create reported success but made no buffer, which is a bug in the "
     "plugin",
     3},
    {"program", "backend", "crooked_backend, fault: program",
     "trainer 'ff': backend 'crooked_backend': compile reported success but made no program, which is a bug "
     "in the "
     "plugin",
     3},
    {"arithmetic", "backend", "crooked_backend, fault: arithmetic", "[^ ]+ is no longer a number in epoch 1",
     1},
    {"shape", "dataset", "crooked_images, fault: shape",
     "dataset 'crooked_images': describes images of shape .1, 0, 28., which cannot be", 3},
};

INSTANTIATE_TEST_SUITE_P(Plugin, LyingPlugin, ::testing::ValuesIn(kLies),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace twopass::cli_test
