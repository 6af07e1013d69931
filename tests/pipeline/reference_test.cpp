#include "pipeline/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pipelines.hpp"

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Reference, HoldsTheHostsOptions) {
  const std::string text = twopass::pipeline::markdown(pipelines::registry());
  EXPECT_THAT(text, StartsWith("| key | type | default | meaning |\n| --- | --- | --- | --- |\n"
                               "| `name` | text | required | "));
  EXPECT_THAT(text,
              HasSubstr("| `hidden` | integer list in [1, 65536] | `[2000, 2000, 2000, 2000]` | Widths of"));
  EXPECT_THAT(
      text, HasSubstr("| `label_pixels` | choice | `neutral` | What the label pixels hold while features are "
                      "extracted.<br>`neutral`: the label strength"));
}

TEST(Reference, HoldsEveryPluginThatWorks) {
  const std::string text = twopass::pipeline::markdown(pipelines::registry());
  EXPECT_THAT(text, HasSubstr("### trainer: local\n\nEvery layer learns by itself.\n\n"
                              "| key | type | default | meaning |\n| --- | --- | --- | --- |\n"
                              "| `learning_rate` | number in (0, 1] | `1e-4` | Adam's step size. |\n"));
  EXPECT_THAT(
      text,
      HasSubstr("| `size` | integer of at least 1 | `8` | Width and height of an image. In pixels. |\n"));
  EXPECT_THAT(text, HasSubstr("| `font` | path | required | The font that letters are drawn in. |\n"));
  EXPECT_THAT(text,
              HasSubstr("### pretext: mirror\n\nTell whether an image was mirrored.\n\n### pretext: turn"));
  EXPECT_THAT(text, Not(HasSubstr("bad_default")));
}
