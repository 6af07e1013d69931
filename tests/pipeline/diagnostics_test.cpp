// What people read when a pipeline is wrong, word by word.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "pipelines.hpp"
#include "support/temp_folder.hpp"

using pipelines::errors;
using pipelines::kLeast;

namespace {

std::string load_errors(const std::filesystem::path& file) {
  try {
    twopass::pipeline::load(file, {}, pipelines::registry());
    return "";
  } catch (const twopass::pipeline::InvalidPipeline& error) {
    return pipelines::without_plugin_path(error.what());
  }
}

// A pipeline whose trainer section has one more line, line 6.
std::string with_trainer(const std::string& line) {
  return "name: first\ndataset: shapes\npretext: turn\ntrainer:\n  plugin: local\n  " + line + "\n";
}

}  // namespace

TEST(Diagnostics, AreNoneForTheLeastPipeline) { EXPECT_EQ(errors(kLeast), ""); }

TEST(Diagnostics, OfANumber) {
  EXPECT_EQ(errors(with_trainer("learning_rate: fast")),
            R"(x.yaml:6:18: error: trainer.learning_rate: expected a number in (0, 1], got "fast"
  6 |   learning_rate: fast
    |                  ^~~~
  note: default 1e-4; see: twopass inspect trainer/local)");
}

TEST(Diagnostics, OfARange) {
  EXPECT_EQ(errors(with_trainer("learning_rate: 2")),
            R"(x.yaml:6:18: error: trainer.learning_rate: expected a number in (0, 1], got 2
  6 |   learning_rate: 2
    |                  ^
  note: default 1e-4; see: twopass inspect trainer/local)");
  EXPECT_NE(errors(with_trainer("learning_rate: 0")), "");
  EXPECT_EQ(errors(with_trainer("learning_rate: 1")), "");
}

TEST(Diagnostics, OfAQuotedNumber) {
  EXPECT_EQ(
      errors(with_trainer("learning_rate: \"0.5\"")),
      R"(x.yaml:6:18: error: trainer.learning_rate: expected a number in (0, 1], got the text "0.5" in quotes
  6 |   learning_rate: "0.5"
    |                  ^~~~~
  note: default 1e-4; see: twopass inspect trainer/local)");
}

TEST(Diagnostics, OfAnInteger) {
  EXPECT_EQ(errors(with_trainer("epochs: 1e3")),
            R"(x.yaml:6:11: error: trainer.epochs: expected an integer in [0, 1000000], got 1e3
  6 |   epochs: 1e3
    |           ^~~
  note: default 60)");
  EXPECT_EQ(
      errors(with_trainer("epochs: 010")),
      R"(x.yaml:6:11: error: trainer.epochs: expected an integer in [0, 1000000], got 010 (leading zeros would make it octal elsewhere)
  6 |   epochs: 010
    |           ^~~
  note: default 60)");
  EXPECT_EQ(
      errors(with_trainer("epochs: 9223372036854775808")),
      R"(x.yaml:6:11: error: trainer.epochs: expected an integer in [0, 1000000], got 9223372036854775808 (it does not fit 64 bits)
  6 |   epochs: 9223372036854775808
    |           ^~~~~~~~~~~~~~~~~~~
  note: default 60)");
}

TEST(Diagnostics, OfABoolean) {
  EXPECT_EQ(errors(with_trainer("peer: yes")),
            R"(x.yaml:6:9: error: trainer.peer: expected true or false, got "yes"
  6 |   peer: yes
    |         ^~~
  note: default false; see: twopass inspect trainer/local)");
}

TEST(Diagnostics, OfAChoice) {
  EXPECT_EQ(
      errors(with_trainer("goodness: nrom")),
      R"(x.yaml:6:13: error: trainer.goodness: expected one of norm, sum_squares, got "nrom"; did you mean 'norm'?
  6 |   goodness: nrom
    |             ^~~~
  note: default norm; see: twopass inspect trainer/local)");
}

TEST(Diagnostics, OfAListsElements) {
  EXPECT_EQ(errors(kLeast + "network: {hidden: [500, x, 0]}\n"),
            R"(x.yaml:5:25: error: network.hidden: expected an integer in [1, 65536], got "x"
  5 | network: {hidden: [500, x, 0]}
    |                         ^
  note: default [2000, 2000, 2000, 2000]
x.yaml:5:28: error: network.hidden: expected an integer in [1, 65536], got 0
  5 | network: {hidden: [500, x, 0]}
    |                            ^
  note: default [2000, 2000, 2000, 2000])");
}

TEST(Diagnostics, OfTheWrongKindOfNode) {
  EXPECT_EQ(errors(kLeast + "network: {hidden: 500}\n"),
            R"(x.yaml:5:19: error: network.hidden: expected a list of integers in [1, 65536], got 500
  5 | network: {hidden: 500}
    |                   ^~~
  note: default [2000, 2000, 2000, 2000])");
  EXPECT_EQ(errors(with_trainer("epochs: {most: 3}")),
            R"(x.yaml:6:11: error: trainer.epochs: expected an integer in [0, 1000000], got a mapping
  6 |   epochs: {most: 3}
    |           ^
  note: default 60)");
  EXPECT_EQ(errors(kLeast + "network: small\n"),
            R"(x.yaml:5:10: error: network: expected a mapping, got "small"
  5 | network: small
    |          ^~~~~)");
}

TEST(Diagnostics, OfAValueThatIsNotThere) {
  EXPECT_EQ(errors(with_trainer("epochs:")),
            R"(x.yaml:6:3: error: trainer.epochs: expected an integer in [0, 1000000], got nothing
  6 |   epochs:
    |   ^~~~~~
  note: default 60)");
}

TEST(Diagnostics, OfAnUnknownKey) {
  EXPECT_EQ(errors(with_trainer("epohcs: 3")),
            R"(x.yaml:6:3: error: trainer: unknown key 'epohcs'; did you mean 'epochs'?
  6 |   epohcs: 3
    |   ^~~~~~
  note: see: twopass inspect trainer/local)");
  EXPECT_EQ(errors(kLeast + "colour: red\n"), R"(x.yaml:5:1: error: unknown key 'colour'
  5 | colour: red
    | ^~~~~~
  note: known keys: name, seed, dataset, pretext, network, trainer, backend, transfer)");
}

TEST(Diagnostics, OfADuplicateKey) {
  EXPECT_EQ(errors(kLeast + "seed: 1\nseed: 2\n"),
            R"(x.yaml:6:1: error: the key 'seed' is given twice, first at line 5
  6 | seed: 2
    | ^~~~)");
}

TEST(Diagnostics, OfAMergeKey) {
  EXPECT_EQ(errors(with_trainer("<<: {epochs: 3}")),
            R"(x.yaml:6:3: error: merge keys (<<) are not supported; write the keys out
  6 |   <<: {epochs: 3}
    |   ^~)");
}

TEST(Diagnostics, OfATag) {
  EXPECT_EQ(errors(with_trainer("epochs: !!int 3")),
            R"(x.yaml:6:11: error: tags such as '!!int' are not supported; write the value alone
  6 |   epochs: !!int 3
    |           ^)");
}

TEST(Diagnostics, OfAKeyThatIsNoWord) {
  EXPECT_EQ(errors(kLeast + "[a]: 1\n"), R"(x.yaml:5:1: error: a key must be a word
  5 | [a]: 1
    | ^)");
}

TEST(Diagnostics, OfMissingSectionsAndKeys) {
  EXPECT_EQ(errors("trainer: local\n"), R"(x.yaml: error: name: required, but missing
  note: Names the run's folder: letters, digits, '.', '_' and '-'.
x.yaml: error: the section 'dataset' is missing
  note: dataset plugins: letters, shapes
x.yaml: error: the section 'pretext' is missing
  note: pretext plugins: mirror, turn)");
}

TEST(Diagnostics, OfASectionWithoutPlugin) {
  EXPECT_EQ(errors("name: first\ndataset: shapes\npretext: {angles: [0]}\ntrainer: [local]\n"),
            R"(x.yaml:3:1: error: pretext: the key 'plugin' is missing
  3 | pretext: {angles: [0]}
    | ^~~~~~~
  note: pretext plugins: mirror, turn
x.yaml:4:10: error: trainer: expected the name of a trainer plugin, got a list
  4 | trainer: [local]
    |          ^
  note: trainer plugins: bad_default, common_name, global, local)");
}

TEST(Diagnostics, OfAMissingPluginAndOfTheOptionsThatAllHave) {
  EXPECT_EQ(
      errors("name: first\ndataset: shapes\npretext: trun\ntrainer: {plugin: lokal, rate: 1, epochs: x}\n"),
      R"(x.yaml:3:10: error: pretext: there is no pretext 'trun'; did you mean 'turn'? (there are, nearest first: turn, mirror)
  3 | pretext: trun
    |          ^~~~
x.yaml:4:19: error: trainer: there is no trainer 'lokal'; did you mean 'local'? (there are, nearest first: local, global, bad_default, common_name)
  4 | trainer: {plugin: lokal, rate: 1, epochs: x}
    |                   ^~~~~
x.yaml:4:43: error: trainer.epochs: expected an integer in [0, 1000000], got "x"
  4 | trainer: {plugin: lokal, rate: 1, epochs: x}
    |                                           ^
  note: default 60)");
}

TEST(Diagnostics, OfARequiredOption) {
  EXPECT_EQ(errors("name: first\ndataset: letters\npretext: turn\ntrainer: local\n"),
            R"(x.yaml:2:1: error: dataset.font: required, but missing
  2 | dataset: letters
    | ^~~~~~~
  note: see: twopass inspect dataset/letters)");
}

TEST(Diagnostics, OfAFaultyPlugin) {
  EXPECT_EQ(
      errors("name: first\ndataset: shapes\npretext: turn\ntrainer: bad_default\n"),
      R"(x.yaml:4:10: error: trainer: trainer 'bad_default' is faulty: its option 'learning_rate' has an invalid default: expected a number, got "fast"
  4 | trainer: bad_default
    |          ^~~~~~~~~~~)");
  EXPECT_EQ(
      errors("name: first\ndataset: shapes\npretext: turn\ntrainer: common_name\n"),
      R"(x.yaml:4:10: error: trainer: trainer 'common_name' is faulty: its option 'epochs' has a name that the host uses in every trainer section
  4 | trainer: common_name
    |          ^~~~~~~~~~~)");
}

TEST(Diagnostics, OfAName) {
  for (const char* name : {".hidden", "a/b", "a b", "\"\"", "é"})
    EXPECT_NE(errors("name: " + std::string(name) + "\ndataset: shapes\npretext: turn\ntrainer: local\n"), "")
        << name;
  EXPECT_EQ(errors("name: a/b\ndataset: shapes\npretext: turn\ntrainer: local\n"),
            R"(x.yaml:1:7: error: name: expected up to 100 letters, digits, '.', '_' and '-', the first no '.'
  1 | name: a/b
    |       ^~~
  note: it names the run's folder)");
}

TEST(Diagnostics, OfADataFolderThatIsNotThere) {
  EXPECT_EQ(
      errors("name: first\ndataset: {plugin: shapes, root: /not/there}\npretext: turn\ntrainer: local\n"),
      R"(x.yaml:2:33: error: dataset.root: there is no folder /not/there
  2 | dataset: {plugin: shapes, root: /not/there}
    |                                 ^~~~~~~~~~)");
}

TEST(Diagnostics, OfSyntax) {
  EXPECT_EQ(
      errors("name: first: second\n"),
      R"(x.yaml:1:12: error: not valid YAML: ':' cannot stand here; check the indentation (spaces, no tabs), look for a ':' that the line above lacks, and put quotes around a text that holds ': '
  1 | name: first: second
    |            ^)");
  EXPECT_EQ(errors("name: first\nnetwork: {hidden: [500, 500}\n\n"),
            R"(x.yaml:2:28: error: not valid YAML: this bracket closes what another kind of bracket opened
  2 | network: {hidden: [500, 500}
    |                            ^)");
  EXPECT_EQ(errors("name: *nobody\n"),
            R"(x.yaml:1:7: error: not valid YAML: the referenced anchor is not defined
  1 | name: *nobody
    |       ^)");
}

TEST(Diagnostics, OfAnEmptyText) {
  const char* expected = R"(x.yaml: error: expected a pipeline, got nothing
  note: the least: {name: first, dataset: mnist, pretext: rotation, trainer: ff})";
  EXPECT_EQ(errors(""), expected);
  EXPECT_EQ(errors("# nothing but a comment\n"), expected);
  EXPECT_EQ(errors("- name: first\n"), R"(x.yaml:1:1: error: expected a pipeline, got a list
  1 | - name: first
    | ^
  note: the least: {name: first, dataset: mnist, pretext: rotation, trainer: ff})");
}

TEST(Diagnostics, OfASecondDocument) {
  EXPECT_EQ(errors(kLeast + "---\nname: second\n"),
            R"(x.yaml:5:1: error: a second document begins here; a pipeline file holds one
  5 | ---
    | ^)");
}

TEST(Diagnostics, OfBytesThatAreNoText) {
  EXPECT_EQ(errors("name: \xFF\n"), "x.yaml: error: this is no text in UTF-8");
  EXPECT_EQ(errors(std::string("name: a\0b\n", 10)), "x.yaml: error: this is no text in UTF-8");
}

TEST(Diagnostics, OfFiles) {
  const twopass::test::TempFolder temporary;
  const std::filesystem::path& folder = temporary.path();
  EXPECT_EQ(load_errors(folder / "no-such.yaml"),
            (folder / "no-such.yaml").string() + ": error: there is no such file");
  EXPECT_EQ(load_errors(folder), folder.string() + ": error: this is a folder; name a pipeline file in it");
  const std::filesystem::path large = temporary.write("large.yaml", std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(load_errors(large), large.string() + ": error: this is too large to be a pipeline file");
}

// Characters count, not bytes, and a tab stays a tab.
TEST(Diagnostics, PointAtCharacters) {
  EXPECT_EQ(errors("name: first\ndataset: {plugin: shapes, title: Größe, size:\t\"ä\"}\npretext: "
                   "turn\ntrainer: local\r\n"),
            "x.yaml:2:47: error: dataset.size: expected an integer of at least 1, got \"ä\"\n"
            "  2 | dataset: {plugin: shapes, title: Größe, size:\t\"ä\"}\n"
            "    |                                              \t^~~\n"
            "  note: default 8, in pixels; see: twopass inspect dataset/shapes");
}

TEST(Diagnostics, ShowAPartOfALongLine) {
  const std::string line = "network: {hidden: [" + std::string(600, ' ') + "x" + std::string(600, ' ') + "]}";
  EXPECT_EQ(errors(kLeast + line + "\n"),
            "x.yaml:5:620: error: network.hidden: expected an integer in [1, 65536], got \"x\"\n"
            "  5 | ..." +
                std::string(100, ' ') + "x" + std::string(99, ' ') +
                "...\n"
                "    | " +
                std::string(103, ' ') +
                "^\n"
                "  note: default [2000, 2000, 2000, 2000]");
  EXPECT_LT(errors(kLeast + "network: {epsilon: " + std::string(5000, 'x') + "}\n").size(), 800u);
}

TEST(Diagnostics, LeaveOutByteOrderMarkAndLineEndings) {
  EXPECT_EQ(errors("\xEF\xBB\xBFname: first\r\ndataset: shapes\r\npretext: turn\r\ntrainer: lokal\r\n")
                .substr(0, 50),
            "x.yaml:4:10: error: trainer: there is no trainer '");
  EXPECT_EQ(errors("\xEF\xBB\xBF"
                   "seed: x\r\n")
                .substr(0, 80)
                .find('\r'),
            std::string::npos);
}

TEST(Diagnostics, ComeSortedAndAllAtOnce) {
  const std::string text = errors(
      "transfer: {epochs: x}\nname: first\nseed: -1\ndataset: shapes\npretext: turn\ntrainer: {plugin: "
      "local, peer: 1}\n",
      {"trainer.epochs=x", "network.epsilon=0"});
  std::vector<std::string> places;
  for (size_t at = 0; (at = text.find(": error: ", at)) != std::string::npos; ++at) {
    const size_t line = text.rfind('\n', at) + 1;
    places.push_back(text.substr(line, at - line));
  }
  EXPECT_EQ(places, (std::vector<std::string>{"x.yaml:1:20", "x.yaml:3:7", "x.yaml:6:32",
                                              "override 1: character 16", "override 2: character 17"}));
}

TEST(Diagnostics, OfAPluginAreLocatedLater) {
  const auto pipeline = pipelines::parse(with_trainer("goodness: norm"), {"trainer.learning_rate=0.5"});
  EXPECT_EQ(render(pipeline.locate("trainer", "goodness", "does not go with this network")),
            R"(x.yaml:6:13: error: trainer.goodness: does not go with this network
  6 |   goodness: norm
    |             ^~~~)");
  EXPECT_EQ(render(pipeline.locate("trainer", "learning_rate", "is too large")),
            R"(override 1: character 23: error: trainer.learning_rate: is too large
  trainer.learning_rate=0.5
                        ^~~)");
  EXPECT_EQ(render(pipeline.locate("trainer", "peer", "cannot be left out")),
            R"(x.yaml:4:1: error: trainer.peer: cannot be left out
  4 | trainer:
    | ^~~~~~~)");
  EXPECT_EQ(render(pipeline.locate("backend", "", "is not available")),
            "x.yaml: error: backend: is not available");
}

TEST(Aliases, StandForWhatTheyName) {
  const auto pipeline = pipelines::parse(
      "name: first\ndataset: &data {plugin: shapes, size: &n 5}\npretext: turn\ntrainer: {plugin: "
      "local, epochs: *n}\ntransfer: {dataset: *data}\n",
      {"dataset.size=7"});
  EXPECT_EQ(pipeline.trainer.values.typed().integer("epochs"), 5);
  EXPECT_EQ(pipeline.dataset.values.typed().integer("size"), 7);
  EXPECT_EQ(pipeline.transfer_dataset->values.typed().integer("size"), 5)
      << "an override reached the alias too";
}

TEST(Aliases, CannotBlowUp) {
  std::string text = "a: &a0 [x]\n";
  for (int level = 1; level < 40; ++level) {
    const std::string alias = "*a" + std::to_string(level - 1);
    text +=
        "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + alias + ", " + alias + "]\n";
  }
  EXPECT_NE(errors(text).find("too many aliases"), std::string::npos);
  std::string long_text = "a: &a " + std::string(100'000, 'x') + "\nb: [*a";
  for (int copy = 0; copy < 20; ++copy) long_text += ", *a";
  EXPECT_NE(errors(long_text + "]\n").find("too many aliases"), std::string::npos);
  EXPECT_NE(errors("a: &a [*a]\n").find("an alias cannot stand inside of what it stands for"),
            std::string::npos);
  EXPECT_NE(errors("a: " + std::string(100, '[') + std::string(100, ']') + "\n").find("too many levels"),
            std::string::npos);
}
