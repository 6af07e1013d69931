// What a run shows while it works, on a terminal and elsewhere.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::StartsWith;

// The lines that a terminal shows in the end; the last is the one the cursor is in. Knows what twopass uses:
// a new line, a return to the line's start and "erase to the end of the line".
std::vector<std::string> screen(const std::string& text) {
  std::vector<std::string> lines{""};
  size_t column = 0;
  for (size_t place = 0; place < text.size(); ++place) {
    if (text[place] == '\n') {
      lines.emplace_back();
    } else if (text[place] == '\r') {
      column = 0;
    } else if (text.compare(place, 3, "\033[K") == 0) {
      lines.back().resize(column);
      place += 2;
    } else {
      lines.back().resize(std::max(column + 1, lines.back().size()), ' ');
      lines.back()[column++] = text[place];
    }
  }
  return lines;
}

class Progress : public Workplace {
 protected:
  // Two steps per epoch, each longer than the time between two live lines.
  Outcome run(bool terminal, const std::string& trainer, const std::string& option = "--results=results") {
    Surroundings around = surroundings();
    around.terminal = terminal;
    return twopass({"run", "tiny.yaml", option, "--plugin-path", CLI_TEST_PLUGINS,
                    "trainer={plugin: crooked_trainer, slow: true, batch_size: 200, " + trainer + "}"},
                   around);
  }
  const std::string two_epochs_ = "fault: none, epochs: 2";
  const std::string warning_ = "warning: trainer 'crooked_trainer': this is step two";
};

TEST_F(Progress, IsOneLineOfATerminalThatIsWrittenAnew) {
  const Outcome outcome = run(true, two_epochs_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* state : {"epoch 1/2  step 1/2", "epoch 1/2  step 2/2", "epoch 2/2  step 2/2"})
    EXPECT_THAT(outcome.err, HasSubstr(std::string("\r\033[K") + state));

  const std::vector<std::string> lines = screen(outcome.err);
  EXPECT_THAT(lines, Each(Not(HasSubstr("step 1/2")))) << "passing states pass";
  EXPECT_THAT(lines, Contains(StartsWith("epoch 1/2  ")));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("epoch 2/2  "), EndsWith("%"))));
  EXPECT_EQ(lines.back(), "") << "what comes next begins a line";
}

TEST_F(Progress, LeavesWarningsALineOfTheirOwn) {
  const std::string text = run(true, two_epochs_).err;
  const size_t warning = text.find(warning_);
  ASSERT_NE(warning, std::string::npos);
  EXPECT_THAT(text.substr(0, warning), HasSubstr("step 1/2")) << "there was a live line";
  EXPECT_THAT(screen(text), Contains(warning_));
}

TEST_F(Progress, LeavesErrorsALineOfTheirOwn) {
  const Outcome outcome = run(true, "fault: not_a_number, epochs: 1");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("epoch 1/1  step 2/2"));
  EXPECT_THAT(screen(outcome.err),
              ElementsAre(warning_, StartsWith("error: loss is no longer a number in epoch 1"), ""));
}

TEST_F(Progress, IsPlainLinesElsewhere) {
  const Outcome outcome = run(false, two_epochs_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, Not(ContainsRegex("[\r\033]")));
  EXPECT_THAT(outcome.err, Not(HasSubstr("step 1/2"))) << "no passing state before 30 seconds";
  EXPECT_THAT(outcome.err, ContainsRegex("(^|\n)" + warning_ + "\n"));
  EXPECT_THAT(outcome.err, ContainsRegex("(^|\n)epoch 2/2  [^\n]*%\n"));
}

TEST_F(Progress, CanBeSilencedOnATerminal) {
  EXPECT_THAT(screen(run(true, two_epochs_, "--quiet").err), Each(AnyOf(StartsWith("warning: "), "")));
}

}  // namespace
}  // namespace twopass::cli_test
