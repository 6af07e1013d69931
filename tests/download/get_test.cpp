// `twopass data get` against a web server that misbehaves in the ways of real ones.

#include "data/get.hpp"

#include <list>

#include "mirror.hpp"
#include "support/error_of.hpp"

namespace twopass::download_test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::StartsWith;

const std::string kImages = "t10k-images-idx3-ubyte.gz";

class Get : public Mirror {};

TEST_F(Get, PutsTheFilesWhereARunFindsThem) {
  const Outcome outcome = get({"good"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr((raw() / kImages).string() + " from " + url("good") + "/" + kImages));
  EXPECT_THAT(outcome.err, HasSubstr("Fashion-MNIST: licence MIT"));
  expect_complete();
  const size_t asked = requests().size();
  const Outcome run = twopass({"run", "tiny.yaml", "--quiet"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(requests().size(), asked);
}

TEST_F(Get, IsReportedAsJson) {
  have_all_but(kImages);
  const Outcome outcome =
      twopass({"data", "get", "fashion_mnist", "--json", "--quiet", "--mirror", url("good")});
  const json report = json::parse(outcome.out);
  ASSERT_EQ(report.size(), 4U);
  EXPECT_EQ(report[0]["source"], "");
  EXPECT_EQ(report[2]["source"], url("good") + "/" + kImages);
  EXPECT_EQ(report[2]["repacked"], true);
  EXPECT_EQ(report[2]["path"], (raw() / kImages).string());
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(Get, FetchesNothingTwice) {
  have_all_but("");
  const Outcome outcome = get({"good"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("was there"));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(Get, ReplacesADamagedFile) {
  have_all_but("");
  write(raw() / kImages, "damaged");
  EXPECT_EQ(get({"good"}).exit_code, 0);
  expect_complete();
}

TEST_F(Get, JudgesTheFileThatARunWouldRead) {
  have_all_but(kImages);
  const std::string plain = kImages.substr(0, kImages.size() - 3);
  const std::string gunzip = "gzip -dc " + (kFashion / kImages).string() + " > " + (raw() / plain).string();
  ASSERT_EQ(std::system(gunzip.c_str()), 0);
  EXPECT_EQ(get({"good"}).exit_code, 0);
  EXPECT_THAT(requests(), IsEmpty()) << "the plain file is as good";

  write(raw() / plain, "another's");
  const Outcome refused = get({"good"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("error: " + (raw() / plain).string() + " is not what was published"));
  EXPECT_THAT(refused.err, HasSubstr("runs read it before " + kImages + "; move it away"));
  EXPECT_EQ(content(raw() / plain), "another's");
}

TEST_F(Get, GoesOnWhereAConnectionBroke) {
  have_all_but(kImages);
  const Outcome outcome = get({"cut"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string half = std::to_string(fs::file_size(kFashion / kImages) / 2);
  EXPECT_THAT(requests(), ElementsAre("cut " + kImages + " 0", "cut " + kImages + " " + half));
  expect_complete();
}

TEST_F(Get, GoesOnWhereAnotherProcessStopped) {
  have_all_but(kImages);
  write(raw() / (kImages + ".part"), content(kFashion / kImages).substr(0, 1000));
  EXPECT_EQ(get({"good"}).exit_code, 0);
  EXPECT_THAT(requests(), ElementsAre("good " + kImages + " 1000"));
  expect_complete();
}

TEST_F(Get, TakesWhatWasCompleteButNotYetRenamed) {
  have_all_but(kImages);
  fs::copy_file(kFashion / kImages, raw() / (kImages + ".part"));
  EXPECT_EQ(get({"good"}).exit_code, 0);
  EXPECT_EQ(requests().size(), 1U);
  expect_complete();
}

TEST_F(Get, BeginsAnewWhereTheServerKnowsNoRange) {
  have_all_but(kImages);
  write(raw() / (kImages + ".part"), content(kFashion / kImages).substr(0, 1000));
  EXPECT_EQ(get({"norange"}).exit_code, 0);
  expect_complete();
}

TEST_F(Get, BeginsAnewAfterAWrongBeginning) {
  have_all_but(kImages);
  write(raw() / (kImages + ".part"), std::string(1000, 'x'));
  EXPECT_EQ(get({"good"}).exit_code, 0);
  EXPECT_THAT(requests(), ElementsAre("good " + kImages + " 1000", "good " + kImages + " 0"));
  expect_complete();
}

TEST_F(Get, IsStoppedBySignalAndGoesOn) {
  have_all_but(kImages);
  Process process(command(get_words({url("stalls")})), surroundings());
  const fs::path part = raw() / (kImages + ".part");
  wait_until([&] { return fs::exists(part) && fs::file_size(part) > 0; });
  process.send(SIGTERM);
  EXPECT_EQ(process.wait().exit_code, 75);
  EXPECT_EQ(get({"good"}).exit_code, 0);
  EXPECT_THAT(requests().back(), Not(testing::EndsWith(" 0")));
  expect_complete();
}

struct Fault {
  std::string behaviour, message;
  friend std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.behaviour; }
};

class Faulty : public Mirror, public ::testing::WithParamInterface<Fault> {
 protected:
  Faulty() { have_all_but(kImages); }
};

TEST_P(Faulty, IsFollowedByTheNext) {
  const Outcome outcome = get({GetParam().behaviour, "good"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(url(GetParam().behaviour) + "/" + kImages + ": "));
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().message));
  EXPECT_THAT(requests().back(), StartsWith("good "));
  expect_complete();
}

TEST_P(Faulty, AloneLeavesTheDataMissing) {
  const Outcome outcome = get({GetParam().behaviour});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("error: " + kImages + " of Fashion-MNIST was not fetched: "));
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().message));
  EXPECT_FALSE(fs::exists(raw() / kImages));
}

INSTANTIATE_TEST_SUITE_P(
    Mirror, Faulty,
    ::testing::Values(Fault{"missing", "404"}, Fault{"wrong", "wrong contents"},
                      Fault{"short",
                            "wrong contents: expected a complete gzip stream, found one that breaks off"},
                      Fault{"long", "sends more than"}, Fault{"norange_cut", "transfer closed"}),
    [](const auto& test) { return test.param.behaviour; });

TEST_F(Get, WaitsForASilentMirrorNoLongerThanAsked) {
  have_all_but(kImages);
  std::vector<std::string> words = get_words({url("stalls"), url("good")});
  words.insert(words.end(), {"--timeout", "1"});
  const Outcome outcome = twopass(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("Operation too slow"));
  expect_complete();
}

TEST_F(Get, NamesEveryMirrorThatCannotBeReached) {
  // Ports that nothing listens on: reserved ones of the loopback address.
  const Outcome outcome = twopass(get_words({"http://127.0.0.1:1/a", "http://127.0.0.1:1/b"}));
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err,
              ContainsRegex("error: train-images-idx3-ubyte.gz of Fashion-MNIST was not fetched: no "
                            "mirror can be reached, perhaps there is no network here; asked "
                            "http://127.0.0.1:1/a/.*, http://127.0.0.1:1/b/"));
}

TEST_F(Get, SaysThatTheDiskIsFull) {
  have_all_but(kImages);
  Surroundings around = surroundings();
  around.file_size = 1000000;
  const Outcome outcome = twopass(get_words({url("good"), url("cut")}), around);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("error: cannot write " + (raw() / (kImages + ".part")).string() + ": "));
  EXPECT_EQ(get({"good"}).exit_code, 0);
  EXPECT_THAT(requests().back(), "good " + kImages + " 1000000");
  expect_complete();
}

// With files as no published dataset has them: the catalogue's Fashion-MNIST with changes.
class GetChanged : public Mirror {
 protected:
  std::vector<data::Obtained> get(bool optional_files) const {
    const data::Request request{path("root"), {url("good")}, optional_files};
    return data::get(dataset_, request, {[](const auto&) {}, [](const auto&, int64_t, int64_t) {}});
  }

  data::Dataset dataset_ = *std::ranges::find(data::catalogue(), "fashion_mnist", &data::Dataset::name);
};

TEST_F(GetChanged, SaysHowMuchRoomIsWanting) {
  dataset_.archives[0].size = int64_t{1} << 60;
  EXPECT_THAT(test::error_of([&] { get(false); }, TWOPASS_IO),
              ContainsRegex("^train-images-idx3-ubyte.gz needs 1152921504606 MB in .*/root/FashionMNIST/raw, "
                            "where [0-9]+ MB are free; make room or choose another folder"));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(GetChanged, LeavesOutWhatIsOptionalUnlessAskedForAll) {
  dataset_.archives[0].files[0].optional = true;
  EXPECT_EQ(get(false).size(), kArchives.size() - 1);
  EXPECT_FALSE(fs::exists(path("root/FashionMNIST/raw") / kArchives[0]));
  EXPECT_EQ(get(true).size(), kArchives.size());
  EXPECT_TRUE(fs::exists(path("root/FashionMNIST/raw") / kArchives[0]));
}

TEST_F(Get, IsDoneOnceByEightAtATime) {
  std::list<Process> processes;
  for (int process = 0; process < 8; ++process)
    processes.emplace_back(command(get_words({url("slow")})), surroundings());
  for (Process& process : processes) {
    const Outcome outcome = process.wait();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  EXPECT_EQ(requests().size(), kArchives.size());
  expect_complete();
}

TEST_F(Get, SaysHowARunFindsAnotherFolder) {
  const Outcome outcome =
      twopass({"data", "get", "fashion_mnist", "--root", "elsewhere", "--mirror", url("good")});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(fs::exists(path("elsewhere/FashionMNIST/raw") / kImages));
  EXPECT_THAT(outcome.err, HasSubstr("TWOPASS_DATA_ROOT=" + path("elsewhere").string()));
}

TEST_F(Get, RefusesAFolderThatCannotBeMade) {
  write("file", "");
  const Outcome outcome = twopass({"data", "get", "mnist", "--root", "file/below"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("error: cannot make the folder file/below"));
}

TEST_F(Get, KnowsNoOtherNames) {
  const Outcome outcome = twopass({"data", "get", "minst"});
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'mnist'?"));
  EXPECT_EQ(twopass({"data", "get"}).exit_code, 2);
  EXPECT_EQ(twopass({"data"}).exit_code, 2);
}

}  // namespace
}  // namespace twopass::download_test
