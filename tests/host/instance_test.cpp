#include "host/instance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"

namespace twopass::host {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class PluginInstance : public testing::Test {
 protected:
  Dataset dataset(const std::string& fault) {
    const Choices values({{"fault", fault}});
    return {registry_.load(TWOPASS_DATASET, "toy_dataset"), values.abi()};
  }
  Pretext pretext(const std::string& fault) {
    const Choices values({{"fault", fault}});
    return {registry_.load(TWOPASS_PRETEXT, "toy_pretext"), values.abi()};
  }
  Dataset bad_dataset(const std::string& name) {
    return {registry_.load(TWOPASS_DATASET, name), Choices().abi()};
  }
  std::string load_error(const std::string& fault) {
    const Dataset toy = dataset(fault);
    return error_of([&] { toy.load(Split::kTrain); }, TWOPASS_CORRUPT);
  }
  std::string negotiate_error(const std::string& fault) {
    Pretext toy = pretext(fault);
    return error_of([&] { toy.negotiate(dataset("none").describe()); });
  }

  Registry registry_{{kTestPlugins}};
};

TEST_F(PluginInstance, OfADatasetDescribesAndLoads) {
  const LogCapture log;
  const Dataset toy = dataset("none");
  EXPECT_THAT(log.texts(), ElementsAre("dataset 'toy_dataset': made"));
  const DatasetInfo info = toy.describe();
  EXPECT_EQ(info.channels, 1);
  EXPECT_EQ(info.height, 2);
  EXPECT_EQ(info.width, 3);
  EXPECT_THAT(info.class_names, ElementsAre("a", "b", "c"));
  const ImageSet images = toy.load(Split::kTest);
  EXPECT_EQ(images.count, 4);
  ASSERT_EQ(images.pixels.size(), 24U);
  EXPECT_EQ(images.pixels[23], 23);
  EXPECT_THAT(images.labels, ElementsAre(0, 1, 2, 0));
}

TEST_F(PluginInstance, GivesNamesToClassesWithoutAny) {
  EXPECT_THAT(bad_dataset("no_pixels").describe().class_names, ElementsAre("0", "1"));
}

TEST_F(PluginInstance, RefusesLabelsThatAreNoClass) {
  EXPECT_EQ(load_error("label_too_large"),
            "dataset 'toy_dataset': image 2 of its train split has label 3; labels are 0 to 2");
  EXPECT_THAT(load_error("negative_label"), HasSubstr("image 1 of its train split has label -1"));
}

TEST_F(PluginInstance, RefusesImagesThatAreNotThere) {
  EXPECT_THAT(load_error("no_images"), HasSubstr("train split has 0 images"));
  EXPECT_THAT(load_error("few_pixels"), AllOf(HasSubstr("12 pixels"), HasSubstr("asks for 24")));
  EXPECT_THAT(error_of([&] { bad_dataset("no_pixels").load(Split::kTrain); }),
              HasSubstr("came without pixels"));
}

TEST_F(PluginInstance, RefusesShapesThatCannotBe) {
  for (const char* fault : {"no_height", "huge"})
    EXPECT_THAT(error_of([&] { dataset(fault).describe(); }), HasSubstr("which cannot be")) << fault;
  EXPECT_THAT(error_of([&] { dataset("no_classes").describe(); }), HasSubstr("0 classes"));
}

TEST_F(PluginInstance, ReportsWhatCreateThrows) {
  const Error error = test::error_from([&] { dataset("throws"); });
  EXPECT_STREQ(error.what(), "dataset 'toy_dataset': such a fault cannot be");
  EXPECT_EQ(error.status(), TWOPASS_INVALID_ARGUMENT);
  EXPECT_EQ(error.option(), "fault");
}

TEST_F(PluginInstance, ReportsABrokenCreate) {
  const auto error = [&](const std::string& name, twopass_status status) {
    return error_of([&] { bad_dataset(name); }, status);
  };
  EXPECT_THAT(error("silent_create", TWOPASS_OUT_OF_MEMORY),
              AllOf(HasSubstr("dataset 'silent_create'"), HasSubstr("bug in the plugin")));
  EXPECT_THAT(error("no_instance", TWOPASS_INTERNAL), HasSubstr("made no instance"));
  EXPECT_THAT(error("throws_in_create", TWOPASS_INTERNAL),
              AllOf(HasSubstr("bug"), HasSubstr("thrown across the boundary")));
  EXPECT_THAT(error("throws_a_number", TWOPASS_INTERNAL),
              AllOf(HasSubstr("bug"), HasSubstr("exception of unknown type")));
}

TEST_F(PluginInstance, OfAPretextNegotiatesMaps) {
  Pretext toy = pretext("none");
  const Task task = toy.negotiate(dataset("none").describe());
  EXPECT_EQ(task.height, 2);
  EXPECT_EQ(task.width, 1);
  EXPECT_THAT(task.class_names, ElementsAre("left", "right"));
  EXPECT_EQ(task.label_source, TWOPASS_LABEL_IS_MAP);
  EXPECT_THAT(task.maps, ElementsAre(ElementsAre(0, 3), ElementsAre(2, 5)));
}

TEST_F(PluginInstance, OfAPretextTransforms) {
  Pretext toy = pretext("none");
  toy.negotiate(dataset("none").describe());
  const std::vector<uint8_t> image{1, 2, 3, 4, 5, 6};
  std::vector<uint8_t> out(2);
  EXPECT_EQ(toy.transform(image.data(), 1, 7, out.data()), 1);
  EXPECT_THAT(out, ElementsAre(1, 6));
  Pretext wrong = pretext("wrong_label");
  wrong.negotiate(dataset("none").describe());
  EXPECT_THAT(error_of([&] { wrong.transform(image.data(), 1, 7, out.data()); }),
              HasSubstr("gave an image label 2; labels are 0 to 1"));
}

TEST_F(PluginInstance, RefusesMapsThatLeaveTheImage) {
  EXPECT_EQ(negotiate_error("map_too_far"),
            "pretext 'toy_pretext': map 1 takes pixel 1 from pixel 6 of an image that has 6");
  EXPECT_THAT(negotiate_error("map_too_low"), HasSubstr("map 0 takes pixel 1 from pixel -2"));
}

TEST_F(PluginInstance, RefusesTasksThatCannotBe) {
  EXPECT_THAT(negotiate_error("three_maps"), HasSubstr("3 maps for 2 classes"));
  EXPECT_THAT(negotiate_error("one_class"), HasSubstr("a task of 1 classes"));
  EXPECT_THAT(negotiate_error("no_width"), HasSubstr("shape [1, 2, 0]"));
  EXPECT_THAT(negotiate_error("foreign_classes"), HasSubstr("2 classes where the dataset has 3"));
  const DatasetInfo other{1, 28, 28, {"a", "b"}};
  EXPECT_EQ(error_of([&] { pretext("none").negotiate(other); }),
            "pretext 'toy_pretext': serves images of 2 x 3 pixels only");
}

}  // namespace
}  // namespace twopass::host
