#include "run/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "pipeline/read_file.hpp"
#include "support/error_of.hpp"
#include "support/temp_folder.hpp"
#include "twopass/error.hpp"

namespace twopass::run {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using testing::HasSubstr;
using testing::IsEmpty;

class Files : public testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      found.push_back(entry.path().filename().string());
    return found;
  }

  test::TempFolder folder_;
  fs::path file_ = folder_.path() / "file";
};

TEST_F(Files, ReplaceTheWholeContent) {
  write_atomically(file_, "a long first content");
  write_atomically(file_, std::vector<std::string_view>{"se", "", "cond"});
  EXPECT_EQ(pipeline::read_file(file_), "second");
  EXPECT_THAT(names(), testing::ElementsAre("file"));
}

TEST_F(Files, MayBeEmptyOrHoldAnyByte) {
  write_atomically(file_, "");
  EXPECT_EQ(pipeline::read_file(file_), "");
  const std::string bytes("\0\r\n\xff", 4);
  write_atomically(file_, bytes);
  EXPECT_EQ(pipeline::read_file(file_), bytes);
}

// A full disk, as the kernel reports it to one process: no file may grow beyond 1000 bytes.
TEST_F(Files, KeepTheOldContentWhenTheNewDoesNotFit) {
  write_atomically(file_, "old");
  const auto write_under_limit = [&] {
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
    try {
      write_atomically(file_, std::string(5000, 'x'));
    } catch (const Error& e) {
      std::fprintf(stderr, "status %d: %s\n", e.status(), e.what());
      std::_Exit(1);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(write_under_limit(), testing::ExitedWithCode(1),
              "status " + std::to_string(TWOPASS_IO) + ": cannot write .*/file: File too large");
  EXPECT_EQ(pipeline::read_file(file_), "old");
  EXPECT_THAT(names(), testing::ElementsAre("file")) << "no temporary file is left";
}

TEST_F(Files, NameFileAndReasonWhenTheyCannotBeWritten) {
  write_atomically(file_, "no folder");
  EXPECT_THAT(error_of([&] { write_atomically(file_ / "x", "y"); }, TWOPASS_IO),
              HasSubstr("cannot write " + (file_ / "x").string() + ": Not a directory"));
  fs::create_directory(folder_.path() / "taken");
  EXPECT_THAT(error_of([&] { write_atomically(folder_.path() / "taken", "y"); }, TWOPASS_IO),
              HasSubstr("taken: Is a directory"));
  EXPECT_THAT(names(), testing::UnorderedElementsAre("file", "taken"));
  EXPECT_THAT(error_of([] { append_line("/dev/full", "line"); }, TWOPASS_IO),
              HasSubstr("cannot write /dev/full: No space left on device"));
}

TEST_F(Files, NameFileAndReasonWhenTheyCannotBeRead) {
  EXPECT_EQ(error_of([&] { pipeline::read_file(file_); }, TWOPASS_NOT_FOUND),
            "cannot read " + file_.string() + ": No such file or directory");
  EXPECT_THAT(error_of([&] { pipeline::read_file(folder_.path()); }, TWOPASS_NOT_FOUND),
              HasSubstr("cannot read " + folder_.path().string()));
}

TEST_F(Files, GrowByLines) {
  append_line(file_, "one");
  append_line(file_, "two");
  EXPECT_EQ(pipeline::read_file(file_), "one\ntwo\n");
}

TEST_F(Files, ShowAReaderOldOrNewContentAndNothingBetween) {
  const std::string contents[] = {std::string(100000, 'a'), std::string(300000, 'b')};
  write_atomically(file_, contents[0]);
  std::jthread writer([&](const std::stop_token& stop) {
    for (int turn = 1; !stop.stop_requested(); ++turn) write_atomically(file_, contents[turn % 2]);
  });
  for (int turn = 0; turn < 300; ++turn) {
    const std::string seen = pipeline::read_file(file_);
    ASSERT_TRUE(seen == contents[0] || seen == contents[1]) << seen.size() << " bytes";
  }
}

}  // namespace
}  // namespace twopass::run
