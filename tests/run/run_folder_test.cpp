#include "run/run_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/read_file.hpp"
#include "plugins.hpp"
#include "run/files.hpp"
#include "run/safetensors.hpp"
#include "support/temp_folder.hpp"

namespace twopass::run {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kLastEpoch = 9;  // of those with metrics

// A run folder beside a device with one parameter and one moment.
class RunFolderFile : public testing::Test {
 protected:
  RunFolderFile() { set({1, 2}); }

  std::unique_ptr<RunFolder> open(const std::string& hash = "one") const {
    pipeline::Pipeline pipeline;
    pipeline.hash = hash;
    pipeline.resolved_yaml = "name: " + hash + "\n";
    return std::make_unique<RunFolder>(path_, pipeline, nlohmann::json{{"config_hash", hash}});
  }
  void set(const std::vector<float>& values) { device_->device().upload(weight_, values); }
  std::vector<float> weight() { return device_->device().download<float>(weight_); }
  fs::path checkpoint(int epoch) const {
    return path_ / "checkpoints" / ("epoch-00000" + std::to_string(epoch) + ".safetensors");
  }
  std::vector<std::string> checkpoints() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path_ / "checkpoints"))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }

  test::TempFolder folder_;
  fs::path path_ = folder_.path() / "results/name/seed-0";
  pipeline::Section blas_ = pipeline::plugin_section(TWOPASS_BACKEND, "blas", {}, plugins());
  std::unique_ptr<host::HostDevice> device_ =
      std::make_unique<host::HostDevice>(plugins().load(TWOPASS_BACKEND, "blas"), blas_.values.values());
  Tensor weight_ = device_->device().tensor("layers.0.weight", TWOPASS_PARAM, 1, 2);
  Tensor moment_ = device_->device().tensor("layers.0.weight.first_moment", TWOPASS_STATE, 1, 2);
  std::vector<std::string> warnings_;
};

TEST_F(RunFolderFile, KeepsTheLastTwoCheckpoints) {
  const auto folder = open();
  for (int epoch = 1; epoch <= 4; ++epoch) folder->save_checkpoint(*device_, {epoch, 0.5, 10});
  EXPECT_THAT(checkpoints(), ElementsAre("epoch-000003.safetensors", "epoch-000004.safetensors"));
}

TEST_F(RunFolderFile, RestoresTheNewestCheckpoint) {
  const auto folder = open();
  folder->save_checkpoint(*device_, {1, 0.5, 10});
  set({3, 4});
  folder->save_checkpoint(*device_, {2, 1.5, 20});
  set({0, 0});
  const auto progress = folder->load_checkpoint(*device_, kLastEpoch, warnings_);
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->epoch, 2);
  EXPECT_EQ(progress->train_seconds, 1.5);
  EXPECT_EQ(progress->trained_samples, 20);
  EXPECT_THAT(weight(), ElementsAre(3, 4));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(RunFolderFile, PassesOverWhatIsDamagedOrForeign) {
  const auto folder = open();
  folder->save_checkpoint(*device_, {1, 0.5, 10});
  fs::resize_file(checkpoint(1), fs::file_size(checkpoint(1)) - 1);
  SafeTensors foreign{
      {{"config_hash", "two"}, {"epoch", "2"}, {"train_seconds", "1"}, {"trained_samples", "1"}},
      {{"layers.0.weight", {2}, {8, 8}}}};
  write_safetensors(checkpoint(2), foreign);
  foreign.metadata["config_hash"] = "one";
  write_safetensors(checkpoint(3), foreign);  // lacks a tensor
  foreign.tensors.push_back({"layers.0.weight.first_moment", {2}, {8, 8}});
  foreign.metadata.erase("epoch");
  write_safetensors(checkpoint(4), foreign);

  EXPECT_FALSE(folder->load_checkpoint(*device_, kLastEpoch, warnings_));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("passing over epoch-000004.safetensors: "),
                                     HasSubstr("no tensor 'layers.0.weight.first_moment' of 2 values"),
                                     HasSubstr("another configuration"), HasSubstr("is damaged")));
  EXPECT_THAT(weight(), ElementsAre(1, 2)) << "untouched";

  // A damaged one of a later epoch must not push out the new ones.
  folder->save_checkpoint(*device_, {1, 0.5, 10});
  EXPECT_THAT(checkpoints(), ElementsAre("epoch-000001.safetensors"));
}

TEST_F(RunFolderFile, DropsMetricsThatNoCheckpointCovers) {
  const auto folder = open();
  EXPECT_THAT(folder->cut_metrics(0), IsEmpty());
  for (int epoch = 1; epoch <= 3; ++epoch) folder->append_metrics({{"epoch", epoch}});
  append_line(path_ / "metrics.jsonl", R"({"epoch": 4, "tr)");
  EXPECT_EQ(folder->cut_metrics(2).size(), 2U);
  EXPECT_EQ(pipeline::read_file(path_ / "metrics.jsonl"), "{\"epoch\":1}\n{\"epoch\":2}\n");
  EXPECT_THAT(folder->cut_metrics(0), IsEmpty());
  EXPECT_THAT(folder->cut_metrics(0), IsEmpty()) << "an empty file is no trouble";
}

TEST_F(RunFolderFile, CountsTheEpochsThatHaveMetrics) {
  const auto folder = open();
  EXPECT_EQ(folder->covered_epochs(), 0);
  for (const int epoch : {1, 2, 4}) folder->append_metrics({{"epoch", epoch}});
  append_line(path_ / "metrics.jsonl", "7");
  append_line(path_ / "metrics.jsonl", R"({"epoch":"3"})");
  EXPECT_EQ(folder->covered_epochs(), 2);
  fs::remove(path_ / "metrics.jsonl");
  for (const int epoch : {1, 2, 2, 3}) folder->append_metrics({{"epoch", epoch}});
  EXPECT_THAT(
      [&] { folder->covered_epochs(); },
      testing::ThrowsMessage<Error>(HasSubstr("has more than one line of epoch 2; keep one of them")));
}

// As in a copy of a folder at work: its result would lack what the metrics lack.
TEST_F(RunFolderFile, PassesOverCheckpointsOfEpochsWithoutMetrics) {
  const auto folder = open();
  folder->save_checkpoint(*device_, {2, 0.5, 10});
  folder->save_checkpoint(*device_, {3, 0.5, 10});
  EXPECT_EQ(folder->load_checkpoint(*device_, 2, warnings_)->epoch, 2);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("passing over epoch-000003.safetensors: ")));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("metrics.jsonl has no line of epoch 3")));
  EXPECT_THAT(
      [&] { folder->load_checkpoint(*device_, 1, warnings_); },
      testing::ThrowsMessage<Error>(HasSubstr("metrics.jsonl has no line of epoch 2, though a checkpoint "
                                              "of a later one lies in ")));
  EXPECT_THAT(checkpoints(), ElementsAre("epoch-000002.safetensors", "epoch-000003.safetensors"))
      << "untouched";
}

TEST_F(RunFolderFile, BelongsToOneConfigurationOnceItHasResults) {
  open("one");
  open("two");  // nothing was learned yet
  EXPECT_EQ(pipeline::read_file(path_ / "config.yaml"), "name: two\n");
  open("two")->append_metrics({{"epoch", 1}});
  EXPECT_THAT([&] { open("one"); }, testing::ThrowsMessage<Error>(HasSubstr("holds another run")));
  EXPECT_EQ(pipeline::read_file(path_ / "config.yaml"), "name: two\n");
  EXPECT_NO_THROW(open("two"));
}

// They would be taken for the new configuration's.
TEST_F(RunFolderFile, BelongsToTheConfigurationOfItsProbes) {
  open("one")->write_json("transfer.json", {{"features", {{"all", 0.5}}}});
  EXPECT_THAT([&] { open("two"); }, testing::ThrowsMessage<Error>(HasSubstr("holds another run")));
}

TEST_F(RunFolderFile, IsForOneProcessAtATime) {
  auto first = open();
  EXPECT_THAT([&] { open(); },
              testing::ThrowsMessage<Error>(HasSubstr("another process is working in " + path_.string())));
  first.reset();
  EXPECT_NO_THROW(open());
}

TEST_F(RunFolderFile, SavesTheModelWithoutTheOptimizersState) {
  open()->save_model(*device_);
  const SafeTensors model = read_safetensors(path_ / "model.safetensors");
  ASSERT_EQ(model.tensors.size(), 1U);
  EXPECT_EQ(model.tensors[0].name, "layers.0.weight");
  EXPECT_THAT(model.tensors[0].values, ElementsAre(1, 2));
}

}  // namespace
}  // namespace twopass::run
