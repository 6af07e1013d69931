// Data that is missing or damaged: exit code 4, and a message that names the file.

#include "data/idx_writer.hpp"
#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

using test::Bytes;

struct Fault {
  std::string name;
  std::string file;  // gets `bytes`
  Bytes bytes;
  std::string message;

  friend std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.name; }
};

Bytes cut(Bytes bytes, size_t size) {
  bytes.resize(size);
  return bytes;
}

class BadData : public Workplace, public ::testing::WithParamInterface<Fault> {
 protected:
  // Sixty training and ten test images of the right form.
  BadData() {
    put("train-images-idx3-ubyte", test::images_file(60));
    put("train-labels-idx1-ubyte", test::labels_file(Bytes(60, 3)));
    put("t10k-images-idx3-ubyte", test::images_file(10));
    put("t10k-labels-idx1-ubyte", test::labels_file(Bytes(10, 3)));
  }
  void put(const std::string& name, const Bytes& bytes) const {
    test::write_plain(path("root") / name, bytes);
  }
  Outcome run() const { return twopass({"run", "tiny.yaml", "dataset={plugin: fashion_mnist, root: root}"}); }
};

TEST_F(BadData, IsTheseFilesOnlyWhenDamaged) { EXPECT_EQ(run().exit_code, 0); }

TEST_P(BadData, IsNamed) {
  put(GetParam().file, GetParam().bytes);
  const Outcome outcome = run();
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("error: dataset 'fashion_mnist': the file " + path("root").string() +
                                     "/" + GetParam().file + " is corrupt: " + GetParam().message));
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_FALSE(fs::exists(path("results"))) << "nothing was started";
}

TEST_F(BadData, IsRefusedWhenARunBeganWithOtherImagesOrLabels) {
  ASSERT_EQ(run().exit_code, 0);
  fs::remove(tiny_run() / "result.json");
  for (const std::string file :
       {"train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte"}) {
    const std::string before = content(path("root") / file);
    std::string other = before;
    other.back() = other.back() == 4 ? 5 : 4;
    write("root/" + file, other);
    const Outcome refused = run();
    EXPECT_EQ(refused.exit_code, 4) << file;
    EXPECT_EQ(refused.err,
              "error: the images, labels or initial weights are not those that results/tiny/seed-0 began "
              "with; put the old "
              "files back, or give the run another name\n");
    write("root/" + file, before);
    const json status = read_json(tiny_run() / "status.json");
    EXPECT_EQ(status["state"], "failed");
    EXPECT_EQ(status["epoch"], metrics(tiny_run()).size()) << "as far as the checkpoint";
  }
  EXPECT_EQ(run().exit_code, 0);
}

const std::string kImages = "train-images-idx3-ubyte", kLabels = "train-labels-idx1-ubyte";
const Fault kFaults[] = {
    {"truncated", kImages, cut(test::images_file(60), 5000), "expected 47040 bytes after the header"},
    {"empty", kImages, {}, "expected an IDX header"},
    {"wrong_magic", kImages, test::idx_bytes(0x802, {60, 28, 28}, test::test_pixels(60)),
     "expected the magic number 0x00000803, found 0x00000802"},
    {"wrong_size", kImages, test::idx_bytes(0x803, {60, 28, 27}, test::test_pixels(60)),
     "expected items of 28x28 bytes, found a dimension of 27"},
    {"label_out_of_range", kLabels, test::labels_file(Bytes(60, 10)),
     "expected labels from 0 to 9, found 10"},
    {"too_few_labels", kLabels, test::labels_file(Bytes(59, 3)), "expected 60 labels"},
};

INSTANTIATE_TEST_SUITE_P(Data, BadData, ::testing::ValuesIn(kFaults),
                         [](const auto& test) { return test.param.name; });

TEST_F(BadData, IsNotReadForARunThatIsDone) {
  const Outcome first = run();
  ASSERT_EQ(first.exit_code, 0) << first.err;
  put(kImages, {});
  const Outcome again = run();
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.err, "results/tiny/seed-0 is already done\n");
  EXPECT_EQ(again.out, first.out);
}

TEST_F(BadData, BreaksOffInACompressedFile) {
  fs::remove(path("root") / kImages);
  put(kImages + ".gz", cut(test::compress(test::images_file(60)), 200));
  const Outcome outcome = run();
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr(kImages + ".gz is corrupt: expected a complete gzip stream"));
}

class MissingData : public Workplace {
 protected:
  MissingData() {
    if (fs::exists("/usr/share/datasets/mnist") || fs::exists("/usr/share/datasets/MNIST"))
      skip_ = "MNIST is installed here";
  }
  std::string skip_;
};

TEST_F(MissingData, IsToldWithWhereToGetIt) {
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  const Outcome outcome = twopass({"run", "tiny.yaml", "dataset=mnist"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_FALSE(fs::exists(path("results"))) << "nothing was started";
  EXPECT_THAT(outcome.err, ContainsRegex("error: dataset 'mnist': MNIST was not found: .*looked in .*"));
  EXPECT_EQ(twopass({"check", "tiny.yaml", "dataset=mnist"}).exit_code, 0) << "on paper no data is needed";
}

TEST_F(MissingData, OfTheProbeIsNoticedBeforeTraining) {
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  const Outcome outcome = twopass({"run", "tiny.yaml", "transfer.dataset=mnist"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, Not(HasSubstr("epoch")));
  EXPECT_FALSE(fs::exists(path("results"))) << "nothing was started";
}

TEST_F(MissingData, IsFoundThroughTheEnvironment) {
  for (const auto& [prefix, count] : {std::pair{"train", 100U}, {"t10k", 50U}}) {
    const fs::path raw = path("elsewhere/MNIST/raw");
    test::write_plain(raw / (std::string(prefix) + "-images-idx3-ubyte"), test::images_file(count));
    test::write_plain(raw / (std::string(prefix) + "-labels-idx1-ubyte"), test::labels_file(Bytes(count, 1)));
  }
  Surroundings around = surroundings();
  around.environment["TWOPASS_DATA_ROOT"] = path("elsewhere").string();
  EXPECT_EQ(twopass({"run", "tiny.yaml", "dataset={plugin: mnist}"}, around).exit_code, 0);
}

}  // namespace
}  // namespace twopass::cli_test
