#include "pipeline/data_roots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using testing::ElementsAreArray;

namespace {

// A home, a data folder and a working folder of our own.
class DataRoots : public testing::Test {
 protected:
  DataRoots() {
    for (const char* name :
         {"root", "lab", "work/data", "home/.local/share/twopass/data", "xdg/twopass/data"})
      fs::create_directories(folder_ / name);
    before_ = fs::current_path();
    fs::current_path(folder_ / "work");
    setenv("HOME", (folder_ / "home").c_str(), 1);
    setenv("TWOPASS_DATA_ROOT", (folder_ / "lab").c_str(), 1);
    unsetenv("XDG_DATA_HOME");
  }
  ~DataRoots() override { fs::current_path(before_); }

  // Folders below ours, and the system's where it exists.
  void expect_roots(const std::string& root, const std::vector<std::string>& names) {
    std::vector<std::string> expected;
    for (const std::string& name : names) expected.push_back((folder_ / name).string());
    if (fs::is_directory("/usr/share/datasets")) expected.emplace_back("/usr/share/datasets");
    EXPECT_THAT(twopass::pipeline::data_roots(root), ElementsAreArray(expected));
  }

  twopass::test::TempFolder temporary_;
  fs::path folder_ = temporary_.path(), before_;
};

}  // namespace

TEST_F(DataRoots, GoFromTheOptionToTheSystem) {
  expect_roots((folder_ / "root").string(), {"root", "lab", "work/data", "home/.local/share/twopass/data"});
}

TEST_F(DataRoots, AreOnlyWhatExists) {
  setenv("TWOPASS_DATA_ROOT", "/not/there", 1);
  fs::remove_all(folder_ / "work/data");
  expect_roots("", {"home/.local/share/twopass/data"});
}

TEST_F(DataRoots, FollowXdg) {
  setenv("XDG_DATA_HOME", (folder_ / "xdg").c_str(), 1);
  expect_roots("", {"lab", "work/data", "xdg/twopass/data"});
  setenv("XDG_DATA_HOME", "xdg", 1);
  expect_roots("", {"lab", "work/data", "home/.local/share/twopass/data"});
}

TEST_F(DataRoots, NameNoFolderTwice) {
  setenv("TWOPASS_DATA_ROOT", "data", 1);
  expect_roots((folder_ / "work/data").string(), {"work/data", "home/.local/share/twopass/data"});
}
