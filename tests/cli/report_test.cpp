#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class Report : public Workplace {};

TEST_F(Report, IsAWellFormedPageOfRealRuns) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  ASSERT_EQ(twopass({"run", "tiny.yaml", "trainer=bp", "name=bp", "trainer.epochs=2"}).exit_code, 0);
  const Outcome report = twopass({"report", "results"});
  ASSERT_EQ(report.exit_code, 0) << report.err;
  write("report.html", report.out);
  // Python's parser is the judge; what it prints are the titles of the second run's drawings.
  const Outcome read = Process({PYTHON, "-c",
                                "import xml.etree.ElementTree as tree\n"
                                "x = '{http://www.w3.org/1999/xhtml}'\n"
                                "runs = tree.parse('report.html').getroot().findall(f'.//{x}section')\n"
                                "print(len(runs))\n"
                                "for title in runs[1].iter(f'{x}figcaption'): print(title.text)\n"},
                               surroundings())
                           .wait();
  EXPECT_EQ(read.exit_code, 0) << read.err;
  EXPECT_EQ(read.out,
            "2\nLinear probe: class accuracy in %\nPretext task: test accuracy in %\n"
            "Training: goodness: positives, and negatives dashed\nTraining: loss\nDead units in %\n");
  const double accuracy = read_json(tiny_run() / "result.json")["pretext"]["test_accuracy"].get<double>();
  char shown[32];
  std::snprintf(shown, sizeof shown, "<td>%.1f</td>", 100 * accuracy);
  EXPECT_THAT(report.out, HasSubstr("results/tiny/seed-0</a></th>" + std::string(shown)));
}

TEST_F(Report, IsTheSameOfACopy) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  fs::create_directories(path("elsewhere"));
  fs::copy(path("results"), path("elsewhere/results"), fs::copy_options::recursive);
  Surroundings elsewhere = surroundings();
  elsewhere.folder = path("elsewhere");
  EXPECT_EQ(twopass({"report", "results"}).out, twopass({"report", "results"}, elsewhere).out);
}

TEST_F(Report, SaysWhenThereIsNothing) {
  fs::create_directories(path("results"));
  const Outcome none = twopass({"report", "results"});
  EXPECT_EQ(none.exit_code, 5);
  EXPECT_THAT(none.err, HasSubstr("there is no run in the results; `twopass run` makes one"));
  EXPECT_EQ(twopass({"report", "absent"}).exit_code, 5);
  EXPECT_EQ(twopass({"report"}).exit_code, 2);
}

TEST_F(Report, TellsAResultThatCannotBeReadFromNone) {
  ASSERT_EQ(twopass({"run", "tiny.yaml"}).exit_code, 0);
  fs::remove(tiny_run() / "result.json");
  fs::create_directories(tiny_run() / "result.json");
  const Outcome unreadable = twopass({"report", "results"});
  EXPECT_EQ(unreadable.exit_code, 4);
  EXPECT_THAT(unreadable.err, HasSubstr("seed-0/result.json: Is a directory"));
}

}  // namespace
}  // namespace twopass::cli_test
