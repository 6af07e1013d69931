// Nothing but `twopass data get` ever opens a socket: every other command does its work where doing so is
// deadly.

#include "sweeps.hpp"

namespace twopass::cli_test {
namespace {

class NoInternet : public SweepWorkplace {
 protected:
  NoInternet() {
    write("study.yaml", "name: study\nbase: tiny.yaml\ngrid: {trainer.plugin: [ff, bp]}\n");
    write("table.yaml",
          "rows: {field: trainer}\ncolumns: [{label: pretext}]\nvalue: pretext.test_accuracy\n");
  }
  Outcome offline(const std::vector<std::string>& arguments) const {
    Surroundings around = surroundings();
    around.internet = false;
    Outcome outcome = twopass(arguments, around);
    if (outcome.exit_code == kNoFilter) throw std::runtime_error("this system cannot forbid system calls");
    return outcome;
  }
};

TEST_F(NoInternet, IsWantedByAnyCommandButDataGet) {
  const std::vector<std::vector<std::string>> commands{
      {"run", "tiny.yaml"},
      {"check", "tiny.yaml"},
      {"sweep", "plan", "study.yaml"},
      {"sweep", "run", "study.yaml"},
      {"sweep", "status", "study.yaml"},
      {"table", "table.yaml", "results/study"},
      {"inspect"},
      {"inspect", "backend"},
      {"inspect", "--failed"},
      {"schema"},
      {"doctor"},
      {"data", "list"},
      {"data", "verify"},
      {"plugin", "new", "pretext", "upside_down"},
      {"plugin", "check", "--list"},
      {"__complete", "run", ""},
  };
  for (const std::vector<std::string>& arguments : commands) {
    const Outcome outcome = offline(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << ::testing::PrintToString(arguments) << "\n" << outcome.err;
    EXPECT_EQ(outcome.signal, 0) << ::testing::PrintToString(arguments);
  }
  EXPECT_EQ(states(), (std::map<std::string, std::string>{{"ff/0", "done"}, {"bp/0", "done"}}));
}

TEST_F(NoInternet, IsDeadlyToDataGet) {
  EXPECT_EQ(offline({"data", "get", "mnist", "--mirror", "http://127.0.0.1:9"}).signal, SIGSYS);
}

}  // namespace
}  // namespace twopass::cli_test
