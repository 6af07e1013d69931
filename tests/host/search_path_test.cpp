#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/registry.hpp"
#include "support.hpp"

namespace twopass::host {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Truly;

// The folder of PREFIX/bin/TEST's installation.
fs::path installation() {
  return fs::canonical("/proc/self/exe").parent_path().parent_path() / "lib/twopass/plugins";
}

TEST(SearchPath, GoesFromCommandLineToInstallation) {
  const EnvironmentVariable plugin_path("TWOPASS_PLUGIN_PATH", "/env/one:/env/two");
  const EnvironmentVariable data_home("XDG_DATA_HOME", "/home/of/data");
  const std::vector<fs::path> expected{"/cli", "/env/one", "/env/two", "/home/of/data/twopass/plugins",
                                       fs::weakly_canonical(installation())};
  EXPECT_EQ(search_path({"/cli"}), expected);
}

TEST(SearchPath, FallsBackToTheHomeFolder) {
  const EnvironmentVariable plugin_path("TWOPASS_PLUGIN_PATH", nullptr);
  const EnvironmentVariable data_home("XDG_DATA_HOME", nullptr);
  const EnvironmentVariable home("HOME", "/home/someone");
  EXPECT_EQ(search_path({}).front(), fs::path("/home/someone/.local/share/twopass/plugins"));
}

TEST(SearchPath, WorksWithoutAHome) {
  const EnvironmentVariable plugin_path("TWOPASS_PLUGIN_PATH", nullptr);
  const EnvironmentVariable data_home("XDG_DATA_HOME", nullptr);
  const EnvironmentVariable home("HOME", nullptr);
  EXPECT_EQ(search_path({}).size(), 1U);
}

TEST(SearchPath, NeverHoldsTheCurrentFolderUnasked) {
  const TempFolder current;
  const fs::path before = fs::current_path();
  fs::current_path(current.path());
  const LogCapture log;
  const EnvironmentVariable plugin_path("TWOPASS_PLUGIN_PATH", ":.::sub/folder:");
  const EnvironmentVariable data_home("XDG_DATA_HOME", ".");
  const std::vector<fs::path> folders = search_path({});
  const std::vector<fs::path> asked = search_path({"."});
  fs::current_path(before);
  const auto is_below_current = [&](const fs::path& folder) {
    return folder.is_relative() || folder.string().starts_with(current.path().string());
  };
  EXPECT_THAT(folders, Each(Not(Truly(is_below_current))));
  EXPECT_THAT(log.texts(), Contains(HasSubstr("'sub/folder' is ignored")));
  EXPECT_EQ(asked.front(), current.path()) << "--plugin-path . is a wish";
}

TEST(SearchPath, HoldsAFolderOnce) {
  const TempFolder folder;
  fs::create_directory(folder.path() / "real");
  fs::create_directory_symlink(folder.path() / "real", folder.path() / "link");
  const EnvironmentVariable plugin_path("TWOPASS_PLUGIN_PATH", (folder.path() / "link").c_str());
  const std::vector<fs::path> folders = search_path({folder.path() / "real", folder.path() / "real/"});
  EXPECT_EQ(std::ranges::count(folders, folder.path() / "real"), 1);
  EXPECT_EQ(std::ranges::count(folders, folder.path() / "link"), 0);
}

}  // namespace
}  // namespace twopass::host
