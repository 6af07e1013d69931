// The command itself: arguments, report, exit codes.

#include "host/elf_note.hpp"
#include "kit.hpp"

namespace twopass::cli_test {
namespace {

class PluginCheckCommand : public Kit {};

TEST_F(PluginCheckCommand, PrintsALineForEachCheckAndACount) {
  const Outcome outcome = check(kOwnPlugins, "flip");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out,
              ContainsRegex("^pass +library.note +the note in its file fits this host: ABI 1\\.0"));
  EXPECT_THAT(outcome.out, ContainsRegex("\nskip +pretext.transform +it only moves pixels\n"));
  EXPECT_THAT(outcome.out, ContainsRegex("\nflip.twopass.so: [0-9]+ pass, 1 skip\n$"));
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_EQ(check(kOwnPlugins, "flip").out, outcome.out);
}

TEST_F(PluginCheckCommand, DoesNotPassWhatThereIsNot) {
  EXPECT_THAT(check(kBadPlugins, "bad_pretext", {"--only", "pretext", "fault=good_transform"}).out,
              ContainsRegex("\nskip +pretext.maps +it transforms image by image, without maps\n(.*\n)*"
                            "pass +pretext.transform"));
}

TEST_F(PluginCheckCommand, TriesNothingMoreAfterAnEssentialCheck) {
  const Outcome outcome = check(kHostTestPlugins, "aborts_on_load");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, ContainsRegex("\ncrash +library.loads +the process died of signal 6"));
  EXPECT_THAT(outcome.out,
              ContainsRegex("\nskip +library.table +not tried, for library.loads did not pass\n"));
}

TEST_F(PluginCheckCommand, TriesInItsOwnProcessWhereAsked) {
  const std::vector<std::string> one{"--only", "pretext.maps", "--in-process"};
  EXPECT_EQ(check(kOwnPlugins, "flip", one).out, check(kOwnPlugins, "flip", {"--only", "pretext.maps"}).out);
  EXPECT_EQ(check(kHostTestPlugins, "aborts_on_load", {"--in-process"}).signal, SIGABRT);
  // Its stdout is a file here, to which the report of earlier checks goes.
  EXPECT_THAT(check(kOwnPlugins, "flip", {"--only", "life", "--in-process"}).out,
              ContainsRegex("\npass +life.quiet"));
}

TEST_F(PluginCheckCommand, RefusesAPluginOfANewerMinorInWords) {
  std::string bytes = content(kOwnPlugins / "flip.twopass.so");
  const twopass_note note = *host::read_elf_notes(kOwnPlugins / "flip.twopass.so").twopass;
  twopass_note newer = note;
  newer.abi_minor += 1;
  const auto text = [](const twopass_note& value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  };
  bytes.replace(bytes.find(text(note)), sizeof note, text(newer));
  write("flip.twopass.so", bytes);
  const Outcome outcome = check(path(""), "flip");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out,
              ContainsRegex("^fail +library.note +it was built against plugin ABI 1\\.1 .*this host "
                            "has 1\\.0.*update twopass"));
}

TEST_F(PluginCheckCommand, SaysWhatATextFileIs) {
  write("text.twopass.so", "This is no library.\n");
  const Outcome outcome = check(path(""), "text");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, ContainsRegex("^fail +library.note +it is no shared library"));
}

TEST_F(PluginCheckCommand, AdvisesAgainstLinkingTheDriverWhereThereIsNone) {
  std::string bytes = content(kBadPlugins / "needs_cuda.twopass.so");
  const std::string needed = "libcuda.so";
  for (size_t place; (place = bytes.find(needed)) != std::string::npos;)
    bytes.replace(place, needed.size(), "libcuda.s1");  // which no machine has
  write("needs_cuda.twopass.so", bytes);
  const Outcome outcome = check(path(""), "needs_cuda");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out,
              ContainsRegex("fail +library.loads +[^\n]*libcuda.s1: cannot open[^\n]*; it is linked "
                            "with libcuda, [^\n]*through the CUDA runtime\n"));
}

TEST_F(PluginCheckCommand, ListsChecksOfAPluginOrOfAll) {
  const json all = json::parse(twopass({"plugin", "check", "--list", "--json"}).out);
  const json few = json::parse(check(kOwnPlugins, "flip", {"--list", "--json"}).out);
  EXPECT_GT(all.size(), few.size());
  EXPECT_EQ(few.back()["name"], "life.end");
  EXPECT_THAT(twopass({"plugin", "check", "--list", "--only", "trainer.local"}).out,
              ContainsRegex("^trainer.local +it is local if it says so\n$"));
}

TEST_F(PluginCheckCommand, SkipsAnAcceptedFailureWithItsReason) {
  const Outcome outcome =
      check(kBadPlugins, "prints", {"--skip", "life.quiet=it greets = it is polite", "--only", "life"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, ContainsRegex("\nskip +life.quiet +it greets = it is polite\n"));
  EXPECT_THAT(outcome.out, ContainsRegex("\nprints.twopass.so: 6 pass, 1 skip\n$"));
  EXPECT_EQ(check(kBadPlugins, "prints", {"--skip", "life.two=for no reason", "--only", "life"}).exit_code,
            1);
}

TEST_F(PluginCheckCommand, SkipsNothingThatItDoesNotKnowOrWithoutAReason) {
  const Outcome unknown = check(kOwnPlugins, "flip", {"--skip", "pretext.map=it is known"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("no check is called 'pretext.map'; did you mean 'pretext.maps'?"));
  for (const char* bare : {"pretext.maps", "pretext.maps="}) {
    const Outcome outcome = check(kOwnPlugins, "flip", {"--skip", bare});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("say why"));
  }
}

TEST_F(PluginCheckCommand, HasExitCodesForWhatIsWrong) {
  const auto code = [&](const std::vector<std::string>& arguments) {
    return check(kOwnPlugins, "flip", arguments).exit_code;
  };
  EXPECT_EQ(twopass({"plugin"}).exit_code, 2);
  EXPECT_EQ(twopass({"plugin", "check"}).exit_code, 2);
  EXPECT_EQ(twopass({"plugin", "check", "nosuch.twopass.so"}).exit_code, 2);
  EXPECT_EQ(code({"--timeout", "0"}), 2);
  EXPECT_EQ(code({"axes=sideways"}), 2);
  EXPECT_EQ(code({"axis=both"}), 2);
  EXPECT_EQ(code({"--only", "trainer"}), 5) << "flip is no trainer";
  EXPECT_EQ(code({"--only", "nosuch"}), 5);
  EXPECT_EQ(code({"--only", "pretext.maps", "axes=both"}), 0);
}

}  // namespace
}  // namespace twopass::cli_test
