// The command line itself.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class Usage : public Workplace {};

TEST_F(Usage, IsExplainedOnStdoutWhenAskedFor) {
  const Outcome help = twopass({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* name : {"run", "check", "sweep", "table", "inspect", "schema", "data", "plugin", "doctor"})
    EXPECT_THAT(help.out, ContainsRegex(std::string("\n  ") + name + " "));
  EXPECT_EQ(twopass({"run", "--help"}).exit_code, 0);
  EXPECT_THAT(twopass({"--version"}).out, ::testing::MatchesRegex("twopass [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(Usage, HasExitCode2ForWhatIsWrong) {
  const std::map<std::vector<std::string>, std::string> wrong{
      {{}, "subcommand is required"},
      {{"nosuch"}, "there is no command 'twopass nosuch'; `twopass --help`"},
      {{"run"}, "pipeline is required"},
      {{"run", "tiny.yaml", "--nosuch"}, "--nosuch"},
      {{"run", "--results"}, "--results"},
      {{"table", "table.yaml"}, "results is required"},
      {{"chekc"}, "there is no command 'twopass chekc'; did you mean 'check'?; `twopass --help`"},
      {{"data", "lst"},
       "there is no command 'twopass data lst'; did you mean 'list'?; `twopass data --help`"},
      {{"sweep"}, "subcommand is required"},
      {{"inspect", "--plugin-path", "nowhere"}, "Directory does not exist: nowhere"},
      {{"inspect", "ff", "bp"}, "bp"},
      {{"--nosuch"}, ""},
      {{"run", "tiny.yaml", "--trainer.epochs=3"}, "a pipeline's key has no dashes: trainer.epochs=3"},
  };
  for (const auto& [arguments, message] : wrong) {
    const Outcome outcome = twopass(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
  EXPECT_FALSE(fs::exists(path("results")));
}

// As where a shell's variable is not set: the next word is none of its business.
TEST_F(Usage, TakesNoOtherWordForAValueThatIsMissing) {
  const Outcome outcome = twopass({"run", "tiny.yaml", "--results=", "trainer.epochs=1"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("error: --results= has no value"));
  EXPECT_FALSE(fs::exists(path("trainer.epochs=1")));
}

TEST_F(Usage, FailsWhenItsOutputCannotBeWritten) {
  Surroundings around = surroundings();
  around.output = "/dev/full";
  const Outcome short_one = twopass({"inspect"}, around);
  EXPECT_EQ(short_one.exit_code, 1);
  EXPECT_EQ(short_one.err, "error: cannot write to standard output: No space left on device\n");
  const Outcome long_one = twopass({"schema"}, around);  // more than a stream's buffer
  EXPECT_EQ(long_one.exit_code, 1);
  EXPECT_THAT(long_one.err, ::testing::StartsWith("error: "));
  EXPECT_THAT(long_one.err, HasSubstr("No space left on device\n"));
}

// As under a batch system whose disk is full, or that closes what it does not need.
TEST_F(Usage, KeepsItsExitCodesWhenNothingCanBeTold) {
  const auto exit_code = [&](const std::string& arguments) {
    return Process({"/bin/sh", "-c", TWOPASS " " + arguments}, surroundings()).wait().exit_code;
  };
  for (const std::string closed : {" 2>/dev/full", " 2>&-"}) {
    EXPECT_EQ(exit_code("check nosuch.yaml" + closed), 2);
    EXPECT_EQ(exit_code("nonsense" + closed), 2);
    EXPECT_EQ(exit_code("run tiny.yaml dataset=svhn" + closed), 4);
    EXPECT_EQ(exit_code("run tiny.yaml trainer.threshold=1e308 --results failed" + closed), 1);
  }
  EXPECT_EQ(exit_code("inspect >&-"), 1) << "what was asked for could not be written";
  EXPECT_EQ(exit_code("run tiny.yaml <&- >/dev/null 2>&-"), 0);
  EXPECT_THAT(content(tiny_run() / "lock"), IsEmpty()) << "a file has taken the place of standard error";
}

TEST_F(Usage, WarnsOnceOfWhatAPluginDoubts) {
  const Outcome outcome =
      twopass({"run", "tiny.yaml", "trainer.goodness=mean_squares", "trainer.threshold=500", "--quiet"});
  EXPECT_EQ(outcome.exit_code, 0);
  const std::string warning = "warning: trainer 'ff': layer 1 starts";
  EXPECT_THAT(outcome.err, HasSubstr(warning));
  EXPECT_EQ(outcome.err.find(warning), outcome.err.rfind(warning));
}

}  // namespace
}  // namespace twopass::cli_test
