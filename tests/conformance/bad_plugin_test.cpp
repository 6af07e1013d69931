// For each check a plugin that does not pass it.

#include <set>

#include "conformance/op_cases.hpp"
#include "host/device.hpp"
#include "kit.hpp"
#include "twopass/plugin.hpp"

namespace twopass::cli_test {
namespace {

struct Bad {
  std::string plugin, fault, check, outcome, text;

  fs::path folder() const {
    return fs::exists(kBadPlugins / (plugin + ".twopass.so")) ? kBadPlugins : kHostTestPlugins;
  }
  friend std::ostream& operator<<(std::ostream& out, const Bad& bad) {
    return out << bad.plugin << bad.fault;
  }
};

const Bad kBad[] = {
    {"plain_library", "", "library.note", "fail", "no twopass plugin"},
    {"aborts_on_load", "", "library.loads", "crash", "died of signal 6 \\(Aborted\\)"},
    {"missing_symbol", "", "library.loads", "fail",
     "undefined symbol: twopass_test_symbol_that_nobody_defines"},
    {"no_entry", "", "library.loads", "fail", "does not export twopass_plugin_entry_v1"},
    {"null_entry", "", "library.loads", "fail", "its entry returned nothing"},
    {"two_tables", "", "library.loads", "fail", "another table each time"},
    {"slow", "", "library.quick", "warn", "loading it takes 0\\.[6-9] s"},
    {"other_name", "", "library.table", "fail",
     "says dataset 'renamed' but its note says dataset 'other_name'"},
    {"empty_range", "", "library.table", "fail", "'count' has an empty range"},
    {"undocumented_option", "", "library.table", "fail", "its option 'count' has no doc"},
    {"exports_more", "", "library.exports", "fail", "helper_that_others_may_have"},
    {"needs_cuda", "", "library.needs", "fail", "linked with libcuda"},
    {"two_openmps", "", "library.needs", "fail", "libi?omp5?.so and libi?omp5?.so: two OpenMP runtimes"},
    {"fast_math", "", "library.arithmetic", "fail", "linked with -ffast-math"},
    {"handles_signals", "", "life.process", "fail", "what a signal does"},
    {"changes_locale", "", "life.process", "fail", "changes the locale"},
    {"changes_folder", "", "life.process", "fail", "changes the current directory to /"},
    {"prints", "", "life.quiet", "fail", "printed 9 bytes"},
    {"bad_dataset", "locale", "life.process", "fail", "changes the locale"},
    {"bad_trainer", "signals", "life.process", "fail", "what a signal does"},
    {"bad_backend", "arithmetic", "life.process", "fail", "how the host computes"},
    {"bad_pretext", "prints", "life.quiet", "fail", "printed 9 bytes"},
    {"bad_backend", "end", "life.end", "crash", "when all was done, the process died of signal 6"},
    {"cannot_end", "", "life.end", "crash", "when all was done, the process died of signal 6"},

    {"bad_default", "", "options.defaults", "fail", "'count' has an invalid default: expected an integer in"},
    {"bad_choice", "", "options.defaults", "fail", "'count' has an invalid default: expected one of one"},
    {"throws_in_create", "", "options.made", "fail", "thrown across the boundary"},
    {"silent_create", "", "options.made", "fail", "no text, which is a bug"},
    {"hangs", "", "options.made", "crash", "not done within"},
    {"bad_dataset", "extremes", "options.extremes", "fail",
     "size = 5 .*failed with status INTERNAL: .*vector"},
    {"bad_dataset", "hoards", "options.extremes", "fail",
     "spare = 9223372036854775807 .*failed with status OUT_OF_MEMORY: out of memory"},
    {"bad_dataset", "silent", "options.extremes", "fail",
     "spare = -9223372036854775808 it was refused, with status INVALID_ARGUMENT, in no word"},
    {"bad_dataset", "untitled", "options.extremes", "fail", "title = .. .*failed with status INTERNAL"},
    {"bad_dataset", "long_title", "options.extremes", "crash", "signal 6"},
    {"bad_dataset", "folder", "options.extremes", "fail",
     "folder = ./no/such/file. .*failed with status INTERNAL: .*No such file"},
    {"bad_dataset", "blames", "options.extremes", "fail", "blames option 'height', which it does not have"},
    {"unread", "", "options.read", "warn", "never to read its option 'count'"},

    {"bad_dataset", "leaks", "life.often", "fail", "leaves 1[0-9][0-9] bytes behind"},
    {"one_for_all", "", "life.two", "fail", "the same instance"},
    {"bad_dataset", "opens", "life.opens_nothing", "fail", "opens a file"},
    {"walks_as_array", "", "life.newer_host", "crash", "Segmentation fault|exit code 1"},

    {"bad_dataset", "describe", "dataset.describe", "fail", "another way the second time"},
    {"bad_dataset", "label", "dataset.images", "fail", "has label 3; labels are 0 to 2"},
    {"bad_dataset", "pixels", "dataset.images", "fail",
     "4 labels and 12 pixels, where its image shape asks for 24"},
    {"bad_dataset", "again", "dataset.again", "fail", "when loaded twice"},
    {"bad_dataset", "writes", "dataset.untouched", "fail", "loading wrote .*/data/cache"},
    {"bad_dataset", "missing", "dataset.missing", "fail", "instead of NOT_FOUND"},

    {"bad_pretext", "shapes", "pretext.shapes", "fail", "for 1x28x20 images: .*vector"},
    {"bad_pretext", "halves", "pretext.shapes", "fail",
     "for 1x28x28 images: it makes 1x14x28 images of them"},
    {"bad_pretext", "repeats", "pretext.maps", "warn",
     "map 1 takes 783 of 784 pixels, some of them more than"},
    {"bad_pretext", "alike", "pretext.maps", "fail", "same map"},
    {"bad_pretext", "same", "pretext.same", "fail", "another task the second time"},
    {"bad_pretext", "counts", "pretext.transform", "fail", "under the same key"},
    {"bad_pretext", "remembers", "pretext.transform", "fail", "from earlier images"},
    {"bad_pretext", "own_luck", "pretext.transform", "fail", "another instance"},
    {"bad_pretext", "third_label", "pretext.transform", "fail", "label 2"},
    {"bad_pretext", "overruns", "pretext.transform", "fail", "writes outside of the image"},
    {"bad_pretext", "unwritten", "pretext.transform", "fail", "every pixel must be written"},

    {"bad_trainer", "shape", "trainer.build", "fail", R"(scores of shape \[50, 5\] where \[50, 4\] is due)"},
    {"bad_trainer", "role", "trainer.build", "fail", "'scores' .* its role has to be TWOPASS_OUTPUT"},
    {"bad_trainer", "uncompiled", "trainer.build", "fail", "a program was run that was never compiled"},
    {"bad_trainer", "crash", "trainer.build", "crash", "signal 6"},
    {"bad_trainer", "rows", "trainer.learns", "fail", "right for [0-9]+ % of four easy classes"},
    {"bad_trainer", "climbs", "trainer.learns", "fail", "of four easy classes|no longer a number"},
    {"bad_trainer", "frozen", "trainer.learns", "warn", "change no param"},
    {"bad_trainer", "seed", "trainer.seed", "fail", "initialize leaves some"},
    {"bad_trainer", "resume", "trainer.resume", "fail", "no checkpoint holds"},
    {"bad_trainer", "local", "trainer.local", "fail",
     "the update of 'weight0' depends on '(weight|head)[12]'"},
    {"picky_trainer", "", "trainer.lowered", "fail", "I need row_normalize"},
    {"bad_trainer", "memory", "trainer.memory", "fail", "instead of the device's OUT_OF_MEMORY: .*no tensor"},
    {"bad_trainer", "waits", "trainer.waits", "fail", "waited for the device 10 times in 10 steps"},

    {"bad_backend", "types", "backend.open", "fail", "lacks buffers of float32, int32 or uint8"},
    {"bad_backend", "unavailable", "backend.open", "skip", "no such device here"},
    {"bad_backend", "dirty", "backend.storage", "fail", "a new buffer is not zero"},
    {"bad_backend", "memory", "backend.memory", "fail", "instead of OUT_OF_MEMORY: .*error 2"},
    {"bad_backend", "forgets", "backend.order", "fail", "five runs"},
    {"bad_backend", "nan", "backend.nan", "fail", "loses a value that is no number"},
    {"bad_backend", "tanh", "op.unary_tanh", "fail", "m=1 n=1 k=1, dense: against the float64 reference"},
    {"bad_backend", "none", "op.through_bfloat16", "skip", "has buffers of bfloat16"},
    {"bad_backend", "drifts", "op.copy_scaled", "fail", "reference|second run gave others"},
};

// All checks but most of those of ops, which are for EveryOpCheck. A slow library is not loaded more often
// than needs be.
std::vector<std::string> checks_beside(const Bad& bad) {
  if (bad.plugin == "slow") return {"library"};
  if (bad.plugin != "bad_backend") return {};
  return {"library", "options", "life", "backend", "op.gemm_layer", "op.select", bad.check};
}

class BadPluginCheck : public Kit, public ::testing::WithParamInterface<Bad> {};

TEST_P(BadPluginCheck, IsNotPassedAndAllOthersAre) {
  const Bad& bad = GetParam();
  if (abi::sanitizer_flags() != 0 &&
      (bad.check == "life.often" || bad.check == "backend.memory" || bad.fault == "hoards"))
    GTEST_SKIP() << "a sanitizer has an allocator of its own";
  write("data/here", "");  // a folder that data may be in
  std::vector<std::string> arguments{"--json", "--timeout", bad.plugin == "hangs" ? "3" : "60"};
  for (const std::string& only : checks_beside(bad)) arguments.insert(arguments.end(), {"--only", only});
  if (!bad.fault.empty()) arguments.push_back("fault=" + bad.fault);
  const Outcome outcome = check(bad.folder(), bad.plugin, arguments);
  const bool good = bad.outcome == "warn" || bad.outcome == "skip";
  ASSERT_EQ(outcome.exit_code, good ? 0 : 1) << outcome.out << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_EQ(report["good"], good);
  for (const json& line : report["checks"]) {
    const std::string text = line["text"];
    if (line["name"] == bad.check) {
      EXPECT_EQ(line["outcome"], bad.outcome) << line;
      EXPECT_THAT(text, ContainsRegex(bad.text));
    } else if (line["outcome"] == "skip") {
      EXPECT_THAT(text, ContainsRegex("not tried, for " + bad.check +
                                      " did not pass|only moves pixels|without maps|a sanitizer" +
                                      (bad.outcome == "skip" ? "|" + bad.text : "")));
    } else {
      EXPECT_EQ(line["outcome"], "pass") << line;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Each, BadPluginCheck, ::testing::ValuesIn(kBad), [](const auto& test) {
  return test.param.plugin + (test.param.fault.empty() ? "" : "_") + test.param.fault;
});

class EveryCheck : public Kit {};

// Ops: below.
TEST_F(EveryCheck, HasABadPlugin) {
  std::set<std::string> tried;
  for (const Bad& bad : kBad) tried.insert(bad.check);
  for (const json& check : json::parse(twopass({"plugin", "check", "--list", "--json"}).out)) {
    const std::string name = check["name"];
    EXPECT_TRUE(name.starts_with("op.") || tried.contains(name)) << name;
  }
}

class EveryOpCheck : public Kit, public ::testing::WithParamInterface<conformance::Case> {};

// Each of the ops that it is made of.
TEST_P(EveryOpCheck, FindsAWrongOp) {
  host::HostDevice paper;
  conformance::Trial trial(paper.device(), {3, 3, 3}, conformance::Layout::kDense);
  GetParam().record(trial);
  const twopass_program program = trial.program.abi_program();
  std::set<uint32_t> codes;
  for (uint32_t index = 0; index < program.op_count; ++index) codes.insert(program.ops[index].code);
  for (const uint32_t code : codes) {
    const Outcome outcome =
        check(kBadPlugins, "bad_backend",
              {"--json", "--only", "op." + GetParam().name, "wrong_op=" + std::to_string(code)});
    EXPECT_EQ(outcome.exit_code, 1) << outcome.out;
    EXPECT_EQ(json::parse(outcome.out)["checks"][0]["outcome"], "fail") << outcome.out;
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, EveryOpCheck, ::testing::ValuesIn(conformance::cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace twopass::cli_test
