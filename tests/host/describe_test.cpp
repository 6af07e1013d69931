#include "host/describe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support.hpp"

namespace twopass::host {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

TEST(DescribePlugins, ListsWhatCanBeLoadedAndWhatCannot) {
  const TempFolder folder;
  const std::string toy = content_of(test_plugin("toy_dataset"));
  const std::string used = folder.write("a/toy_dataset.twopass.so", toy).string();
  const std::string hidden = folder.write("b/toy_dataset.twopass.so", toy).string();
  const std::string refused = folder.write("b/text.twopass.so", "text").string();
  const Registry registry({folder.path() / "a", folder.path() / "b"});

  EXPECT_THAT(describe_plugins(registry),
              AllOf(HasSubstr("toy_dataset  1.2.3  Four tiny images."), HasSubstr("refused " + refused),
                    HasSubstr("no shared library"), HasSubstr("shadowed " + hidden + "\n  by " + used)));
  const Json json = describe_plugins_json(registry);
  ASSERT_EQ(json["plugins"].size(), 1U);
  EXPECT_EQ(json["plugins"][0]["kind"], "dataset");
  EXPECT_EQ(json["plugins"][0]["name"], "toy_dataset");
  EXPECT_EQ(json["plugins"][0]["version"], "1.2.3");
  EXPECT_EQ(json["plugins"][0]["file"], used);
  EXPECT_EQ(json["refused"][0]["file"], refused);
  EXPECT_EQ(json["shadowed"][0], Json({{"file", hidden}, {"by", used}}));
  EXPECT_EQ(json["search_path"].size(), 2U);
}

TEST(DescribePlugin, ShowsEveryOption) {
  Registry registry({kTestPlugins});
  EXPECT_THAT(
      describe_plugin(registry.load(TWOPASS_DATASET, "toy_dataset")),
      AllOf(HasSubstr("dataset toy_dataset 1.2.3\n  Four tiny images."), HasSubstr("toy_dataset.twopass.so"),
            HasSubstr("noise  a number in (0, 1], in grey levels; default 0.5\n      Nothing."),
            HasSubstr("fault  one of none, label_too_large,"), HasSubstr("negative_label: label -1"),
            HasSubstr("roots  a list of texts; required")));
}

TEST(DescribePlugin, GivesTheSameToPrograms) {
  Registry registry({kTestPlugins});
  const Json json = describe_plugin_json(registry.load(TWOPASS_DATASET, "toy_dataset"));
  EXPECT_EQ(json["abi"], "1.0");
  const Json& options = json["options"];
  ASSERT_EQ(options.size(), 4U);
  EXPECT_EQ(options[0]["type"], "choice");
  EXPECT_EQ(options[0]["choices"][1],
            Json({{"name", "label_too_large"}, {"doc", "label 3 of three classes"}}));
  EXPECT_EQ(options[1], Json({{"name", "noise"},
                              {"type", "number"},
                              {"required", false},
                              {"default", "0.5"},
                              {"exclusive_minimum", 0.0},
                              {"maximum", 1.0},
                              {"unit", "grey levels"},
                              {"doc", "Nothing."}}));
  EXPECT_FALSE(options[2].contains("maximum"));
  EXPECT_EQ(options[3]["required"], true);
  EXPECT_FALSE(options[3].contains("default"));
}

}  // namespace
}  // namespace twopass::host
