// `twopass data list` and `data verify`: what is where, and whether it is what was published.

#include <algorithm>

#include "data/catalogue.hpp"
#include "data/colour_images.hpp"
#include "data/mat_writer.hpp"
#include "data/open_dataset.hpp"
#include "data/place.hpp"
#include "mirror.hpp"

namespace twopass::download_test {
namespace {

class Verify : public Workplace {
 protected:
  fs::path raw() const { return path("root/FashionMNIST/raw"); }
  void copy_fashion(const fs::path& folder) const {
    fs::create_directories(folder);
    for (const std::string& archive : kArchives) fs::copy_file(kFashion / archive, folder / archive);
  }
  Outcome verify(const std::string& name) const {
    return twopass({"data", "verify", name, "--root", "root"});
  }
  // What `data list --json` says of a dataset, with `root` as the data root.
  json listed(const std::string& name) const {
    Surroundings around = surroundings();
    around.environment["TWOPASS_DATA_ROOT"] = path("root").string();
    for (const json& dataset : json::parse(twopass({"data", "list", "--json"}, around).out))
      if (dataset["name"] == name) return dataset;
    return {};
  }
};

TEST_F(Verify, IsContentWithThePublishedContents) {
  copy_fashion(raw());
  const Outcome outcome = verify("fashion_mnist");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("ok       root/FashionMNIST/raw/" + kArchives[0] + "\n"));
}

TEST_F(Verify, AcceptsUnpackedFiles) {
  copy_fashion(raw());
  const Outcome gunzip =
      Process({"/bin/sh", "-c", "gunzip root/FashionMNIST/raw/*.gz"}, surroundings()).wait();
  ASSERT_EQ(gunzip.exit_code, 0) << gunzip.err;
  EXPECT_EQ(verify("fashion_mnist").exit_code, 0);
}

TEST_F(Verify, NamesFileExpectedAndFound) {
  copy_fashion(raw());
  fs::remove(raw() / kArchives[3]);
  test::write_plain(raw() / "t10k-labels-idx1-ubyte", test::labels_file(test::Bytes(10000, 0)));
  const Outcome outcome = twopass({"data", "verify", "fashion_mnist", "--root", "root", "--json"});
  EXPECT_EQ(outcome.exit_code, 4);
  const json report = json::parse(outcome.out);
  ASSERT_EQ(report.size(), 4U);
  EXPECT_EQ(report[0]["problem"], "");
  EXPECT_EQ(report[3]["file"], "root/FashionMNIST/raw/t10k-labels-idx1-ubyte");
  // sha256sum of such a file, made by Python
  EXPECT_EQ(report[3]["problem"],
            "contents differ from those published: expected "
            "sha256:0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34, found "
            "sha256:fce4e2f69df0d4b98dc926db9d52e3054ec8f85ec567df277ca4efc90c53a0bc");
}

TEST_F(Verify, NamesWhatIsMissing) {
  copy_fashion(raw());
  fs::remove(raw() / kArchives[1]);
  const Outcome outcome = verify("fashion_mnist");
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.out, HasSubstr("train-labels-idx1-ubyte: not there; twopass data get fashion_mnist"));
  EXPECT_EQ(verify("mnist").exit_code, 4);
  EXPECT_THAT(verify("mnist").out, HasSubstr("problem  mnist: not found; twopass data get mnist"));
}

TEST_F(Verify, FindsNothingInAnEmptyFolder) {
  fs::create_directories(path("empty"));
  const Outcome outcome = twopass({"data", "verify", "--root", "empty"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("error: no dataset is in empty"));
}

TEST_F(Verify, TellsTruncatedFromComplete) {
  copy_fashion(raw());
  write(raw() / kArchives[2], content(kFashion / kArchives[2]).substr(0, 100000));
  EXPECT_THAT(verify("fashion_mnist").out,
              HasSubstr("expected a complete gzip stream, found one that breaks off"));
}

// CIFAR-10 that went through JPEG has the right layout and size.
TEST_F(Verify, TellsOtherPixelsInTheRightLayout) {
  test::write_plain(path("root/cifar-10-batches-bin/data_batch_1.bin"), test::cifar_batch(0, 10000));
  const Outcome outcome = verify("cifar10");
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.out, HasSubstr("data_batch_1.bin: contents differ from those published: expected "
                                     "md5:5dd7e06a14cb22eb9f671a540d1b7c25, found md5:"));
}

TEST_F(Verify, TakesTheRealMnist) {
  const char* root = std::getenv("TWOPASS_DATA_ROOT");
  if (root == nullptr || !fs::exists(fs::path(root) / "MNIST/raw")) GTEST_SKIP() << "no MNIST at hand";
  const Outcome outcome = twopass({"data", "verify", "mnist", "--root", root});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
}

TEST_F(Verify, ListsWhatIsKnownAndWhereItIs) {
  copy_fashion(raw());
  const json fashion = listed("fashion_mnist");
  EXPECT_EQ(fashion["folder"], raw().string());
  EXPECT_EQ(fashion["files"].size(), 4U);
  EXPECT_EQ(fashion["downloads"][0]["bytes"], 26421880);
  EXPECT_THAT(fashion["licence"], HasSubstr("MIT"));
  EXPECT_EQ(listed("cifar10")["folder"], nullptr);
  EXPECT_THAT(twopass({"data", "list"}).out, HasSubstr("fetch it with: twopass data get cifar10"));
}

TEST_F(Verify, DoesNotTakeFashionMnistForMnist) {
  copy_fashion(path("root"));
  EXPECT_EQ(listed("mnist")["folder"], nullptr);
  EXPECT_EQ(listed("fashion_mnist")["folder"], path("root").string());
}

// The catalogue and the plugins look into the same folders.
class Folders : public Workplace, public ::testing::WithParamInterface<std::string> {
 protected:
  static void fill(const std::string& name, const fs::path& folder) {
    fs::create_directories(folder);
    if (name == "cifar10") {
      test::write_cifar(folder, 2);
    } else if (name == "svhn") {
      for (const char* split : {"train", "test"})
        test::write_plain(folder / (std::string(split) + "_32x32.mat"),
                          test::mat_file({test::svhn_x(0, 2), test::svhn_y({1, 1})}));
    } else {
      for (const char* split : {"train", "t10k"}) {
        test::write_plain(folder / (std::string(split) + "-images-idx3-ubyte"), test::images_file(2));
        test::write_plain(folder / (std::string(split) + "-labels-idx1-ubyte"), test::labels_file({1, 1}));
      }
    }
  }
};

TEST_P(Folders, AreWhereThePluginLooks) {
  const auto dataset = std::ranges::find(data::catalogue(), GetParam(), &data::Dataset::name);
  ASSERT_NE(dataset, data::catalogue().end());
  EXPECT_THAT(dataset->folders, ::testing::Contains(dataset->home));
  for (const std::string& folder : dataset->folders) {
    const fs::path root = path("root-of-" + std::to_string(&folder - dataset->folders.data()));
    fill(GetParam(), (root / folder).lexically_normal());
    const std::map<std::string, bool> switches =
        GetParam() == "svhn" ? std::map<std::string, bool>{{"extra", false}} : std::map<std::string, bool>{};
    EXPECT_EQ(test::open_dataset(GetParam(), {root}, switches).load(Split::kTest).count, 2) << folder;
    const auto place = data::find(*dataset, {root});
    ASSERT_TRUE(place) << folder;
    EXPECT_THAT(place->missing, IsEmpty()) << folder;
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Folders, ::testing::Values("mnist", "fashion_mnist", "cifar10", "svhn"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace twopass::download_test
