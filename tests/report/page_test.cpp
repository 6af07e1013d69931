#include "report/page.hpp"

#include <gmock/gmock.h>

#include "results_folder.hpp"
#include "support/error_of.hpp"

namespace twopass::report {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class Page : public ResultsFolder {
 protected:
  void add_metrics(const std::string& path, const std::string& text) const {
    write(results() / path / "metrics.jsonl", text);
  }
  std::string page() const { return report::page({results()}); }
};

TEST_F(Page, LeadsFromTheTableToEachRun) {
  add("a/seed-0", {.accuracy = 0.987});
  add("b/seed-0", {.name = "b", .trainer = "bp", .accuracy = 0.992});
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("<h1>twopass: 2 runs</h1>"));
  EXPECT_THAT(html, ContainsRegex("<a href=\"#run1\">[^<]*results/a/seed-0</a></th><td>98.7</td>"));
  EXPECT_THAT(html, ContainsRegex("<a href=\"#run2\">[^<]*results/b/seed-0</a></th><td>99.2</td>"));
  EXPECT_THAT(html, ContainsRegex("<section id=\"run2\">\n<h2>[^<]*results/b/seed-0</h2>"));
  EXPECT_THAT(html, HasSubstr("trainer bp"));
  EXPECT_THAT(html, HasSubstr("learning_rate: 1e-4"));  // of config.yaml
}

TEST_F(Page, ComparesTheProbesWithTheirControls) {
  add("a", {});
  nlohmann::json complete = result({});
  complete["transfer"] = {
      {"features", {{"layer1", 0.93}, {"layer2", 0.81}, {"last_three", 0.8}}},
      {"controls",
       {{"raw_pixels", 0.92}, {"untrained", {{"layer1", 0.92}, {"layer2", 0.92}, {"last_three", 0.7}}}}}};
  complete["insight"] = {{"pretrained", {{"layer1", {{"effective_rank", 352.5}, {"goodness_gap", 2.5}}}}},
                         {"untrained", {{"layer1", {{"effective_rank", 601.5}}}}}};
  write(results() / "a/result.json", complete.dump());
  const std::string html = page();
  // In the table of all runs, in that of this one, and over the layers: from 80 to 95 % in steps of 5.
  EXPECT_THAT(html,
              ContainsRegex("</a></th><td>90.0</td><td>92.0</td><td>93.0</td><td>↓ 81.0</td><td>80.0</td>"));
  EXPECT_THAT(html, HasSubstr("<p>Below the untrained network: layer 2 by 11.0.</p>"));
  EXPECT_THAT(html, HasSubstr("<g class=\"c0\"><polyline points=\"44.0,29.1 350.0,155.5\"/>"));  // pretrained
  EXPECT_THAT(html,
              HasSubstr("<g class=\"c2 dashed\"><polyline points=\"44.0,39.6 350.0,39.6\"/>"));  // raw pixels
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">layer 1</th><td>352.500</td><td>2.500</td>"));
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">layer 1, untrained</th><td>601.500</td><td></td>"));
}

TEST_F(Page, DrawsEveryMetricByEpoch) {
  add("a", {});
  add_metrics(
      "a",
      R"({"epoch": 1, "train": {"layer10.loss": 1, "layer2.loss": 2, "penalty": 3,)"
      R"( "layer2.goodness_positive": 2, "layer2.goodness_negative": 1}})"
      "\n"
      R"({"epoch": 2, "train": {"layer10.loss": 0, "layer2.loss": 1, "penalty": 2,)"
      R"( "layer2.goodness_positive": 3, "layer2.goodness_negative": 0}, "test_accuracy": {"layer1": 0.5}})"
      "\n");
  const std::string html = page();
  EXPECT_THAT(html, ContainsRegex("<figcaption>Training: loss</figcaption>(.|\n)*layer 2</span>\n"
                                  "<span class=\"c1\">layer 10</span>"));
  EXPECT_THAT(html, HasSubstr("<figcaption>Training: penalty</figcaption>"));
  EXPECT_THAT(html,
              HasSubstr("<figcaption>Training: goodness: positives, and negatives dashed</figcaption>"));
  // From 0 to 3, the positives up and the negatives down.
  EXPECT_THAT(html, HasSubstr("<g class=\"c0\"><polyline points=\"44.0,60.7 350.0,8.0\"/>"));
  EXPECT_THAT(html, HasSubstr("<g class=\"c0 dashed\"><polyline points=\"44.0,113.3 350.0,166.0\"/>"));
  EXPECT_THAT(html, HasSubstr("<figcaption>Pretext task: test accuracy in %</figcaption>"));
}

TEST_F(Page, ShowsWhatAnUnfinishedRunHasSoFar) {
  add("a", {.state = "running"});
  add_metrics("a", "{\"epoch\": 1, \"train\": {\"loss\": 0.5}}\n{\"epoch\": 2, \"tra");
  add("b", {.name = "b", .state = "failed"});
  write(results() / "b/status.json", R"({"state": "failed", "message": "a loss of <nan> & more"})");
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("<td>1 running or killed</td>"));
  EXPECT_THAT(html, HasSubstr("<figcaption>Training: loss</figcaption>"));
  EXPECT_THAT(html, HasSubstr("<p>a loss of &lt;nan&gt; &amp; more</p>"));
  EXPECT_THAT(html, Not(HasSubstr("<caption>mnist-ff")));
}

TEST_F(Page, RefusesDamagedMetricsAndAnEmptyFolder) {
  const auto error = [&] { return test::error_from([&] { page(); }); };
  std::filesystem::create_directories(results());
  EXPECT_EQ(error().status(), TWOPASS_NOT_FOUND);
  add("a", {});
  add_metrics("a", "{\"epoch\": 1}\n{\"epo\n{\"epoch\": 3}\n");
  EXPECT_EQ(error().status(), TWOPASS_CORRUPT);
  EXPECT_THAT(error().what(), HasSubstr("a/metrics.jsonl:2: is no JSON object"));
  add_metrics("a", "{\"epoch\": \"one\", \"train\": {\"loss\": 1}}\n");
  EXPECT_EQ(error().status(), TWOPASS_CORRUPT);
  EXPECT_THAT(error().what(),
              HasSubstr("results/a: result.json or metrics.jsonl is not as twopass writes it"));
}

TEST_F(Page, RefusesResultsOfAnotherShape) {
  for (const char* text : {R"({"schema": 1, "transfer": []})", R"({"schema": 1, "pretext": 7, "name": 3})"}) {
    add("a", {});
    write(results() / "a/result.json", text);
    const Error error = test::error_from([&] { page(); });
    EXPECT_EQ(error.status(), TWOPASS_CORRUPT) << text;
    EXPECT_THAT(error.what(),
                HasSubstr("results/a: result.json or metrics.jsonl is not as twopass writes it"));
  }
}

}  // namespace
}  // namespace twopass::report
