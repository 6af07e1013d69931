// Archives of many files: only those that are asked for, only as published, only into their folder.

#include "data/unpack.hpp"

#include "cli/workplace.hpp"
#include "data/get.hpp"

namespace twopass::download_test {
namespace {

using namespace cli_test;
using data::Archive;

// Digests of "abc" and of the empty text, as RFC 1321 and FIPS 180 give them.
const std::string kMd5Abc = "md5:900150983cd24fb0d6963f7d28e17f72";
const std::string kSha256Abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class Unpack : public Workplace {
 protected:
  Unpack() { fs::create_directories(path("batches")); }

  // Writes archive.tar.gz by Python; `entries` are lines of its module tarfile, with add(name, text) and
  // link(name, target).
  Archive make(const std::string& entries, const std::vector<data::File>& files) const {
    write("make.py", R"(import io, tarfile
tar = tarfile.open("archive.tar.gz", "w:gz")
def add(name, text):
    info = tarfile.TarInfo(name)
    info.size = len(text)
    tar.addfile(info, io.BytesIO(text))
def link(name, target):
    info = tarfile.TarInfo(name)
    info.type = tarfile.SYMTYPE
    info.linkname = target
    tar.addfile(info)
)" + entries + "\ntar.close()\n");
    const Outcome outcome = Process({PYTHON, "make.py"}, surroundings()).wait();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return {"archive.tar.gz", 100000, "sha256:0", files};
  }
  // All of `data get` for a dataset that comes as this one archive, in the test's folder or nowhere.
  std::vector<data::Obtained> get(const Archive& archive) const {
    const data::Dataset dataset{
        .name = "toy",
        .title = "Toy",
        .licence = "",
        .packing = data::Packing::kTarGzip,
        .folders = {"batches"},
        .home = "batches",
        .mirrors = {"file://" + path("nowhere").string(), "file://" + path("").string()},
        .archives = {archive},
        .other_form = {}};
    const data::Watcher watcher{[](const std::string&) {}, [](const std::string&, int64_t, int64_t) {}};
    return data::get(dataset, {.root = path("root"), .mirrors = {}}, watcher);
  }
  std::string unpack(const Archive& archive) const {
    const auto mismatch = data::unpack(path("archive.tar.gz"), archive, path("batches"));
    return mismatch ? "expected " + mismatch->expected + ", found " + mismatch->found : "";
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path()))
      names.push_back(entry.path().lexically_relative(folder_.path()));
    return names;
  }
};

TEST_F(Unpack, TakesTheFilesByName) {
  const Archive archive = make(R"(add("batches/one", b"abc")
add("batches/readme.html", b"not asked for")
add("batches/two", b"abc"))",
                               {{"one", 3, kMd5Abc}, {"two", 0, kSha256Abc}});
  EXPECT_EQ(unpack(archive), "");
  EXPECT_EQ(content(path("batches/one")), "abc");
  EXPECT_EQ(content(path("batches/two")), "abc");
  EXPECT_THAT(files(), Not(::testing::Contains(HasSubstr("readme"))));
}

TEST_F(Unpack, LeavesItsFolderAloneWhenAFileIsWrong) {
  write("batches/one", "old");
  const Archive archive = make(R"(add("batches/one", b"abc")
add("batches/two", b"abd"))",
                               {{"one", 3, kMd5Abc}, {"two", 3, kMd5Abc}});
  // md5 of "abd", from coreutils' md5sum
  EXPECT_EQ(unpack(archive), "expected two of " + kMd5Abc + ", found md5:4911e516e5aa21d327512e0c8b197616");
  EXPECT_EQ(content(path("batches/one")), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(path("batches")), {}), 1);
}

TEST_F(Unpack, MissesAFile) {
  const Archive archive = make(R"(add("batches/one", b"abc"))", {{"one", 3, kMd5Abc}, {"two", 3, kMd5Abc}});
  EXPECT_EQ(unpack(archive), "expected the file two, found none of that name");
  EXPECT_TRUE(fs::is_empty(path("batches")));
}

TEST_F(Unpack, WritesNowhereElse) {
  const Archive archive = make(R"(add("../outside", b"abc")
add("/tmp/../outside", b"abc")
add("batches/../outside", b"abc")
link("batches", "..")
link("batches/one", "../outside")
add("batches/deeper/one", b"abc"))",
                               {{"one", 3, kMd5Abc}, {"outside", 3, kMd5Abc}});
  EXPECT_THAT(unpack(archive), HasSubstr("expected the file one"));
  EXPECT_THAT(files(), ::testing::UnorderedElementsAre("archive.tar.gz", "bars.yaml", "batches", "make.py",
                                                       "tiny.yaml"));
}

TEST_F(Unpack, NamesADamagedArchive) {
  const Archive archive = make(R"(import random
add("batches/one", random.Random(0).randbytes(50000)))",
                               {{"one", 50000, kMd5Abc}});
  write("archive.tar.gz", content(path("archive.tar.gz")).substr(0, 20000));
  EXPECT_THAT(unpack(archive), HasSubstr("expected an intact tar.gz archive, found a damaged one"));
  EXPECT_TRUE(fs::is_empty(path("batches")));
}

TEST_F(Unpack, RefusesAnEntryThatIsFarTooLarge) {
  const Archive archive = make(R"(add("batches/one", bytes(200000)))", {{"one", 0, kMd5Abc}});
  EXPECT_THAT(unpack(archive), HasSubstr("an entry is too large"));
  EXPECT_TRUE(fs::is_empty(path("batches")));
}

TEST_F(Unpack, IsNotAskedForWhatRunsDoWithout) {
  write("root/batches/one", "abc");
  const Archive archive{"toy.tar.gz", 1, "", {{"one", 3, kMd5Abc}, {"names", 3, kMd5Abc, true}}};
  EXPECT_EQ(get(archive)[0].source, "") << "it was there";
}

TEST_F(Unpack, IsTheLastStepOfFetching) {
  const Archive archive = make(R"(add("batches/one", b"abc"))", {{"one", 3, kMd5Abc}});
  const auto obtained = get(archive);
  EXPECT_EQ(content(path("root/batches/one")), "abc");
  EXPECT_EQ(std::distance(fs::directory_iterator(path("root/batches")), {}), 1);
  ASSERT_EQ(obtained.size(), 1U);
  EXPECT_TRUE(obtained[0].repacked);
  EXPECT_EQ(obtained[0].path, path("root/batches"));
  EXPECT_EQ(get(archive)[0].source, "") << "was there";
}

}  // namespace
}  // namespace twopass::download_test
