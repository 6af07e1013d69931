// `twopass plugin new`: what it writes, and what it refuses. tests/package builds and runs what it writes.

#include "workplace.hpp"

namespace twopass::cli_test {
namespace {

class PluginNew : public Workplace {};

TEST_F(PluginNew, WritesAProjectOfItsOwn) {
  for (const char* kind : {"dataset", "pretext", "trainer", "backend"}) {
    const std::string name = std::string("first_") + kind;
    const Outcome outcome = twopass({"plugin", "new", kind, name});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("cmake -S . -B build"));
    for (const auto& [file, written] : snapshot(path(name))) {
      EXPECT_THAT(written.second, Not(HasSubstr("my_plugin"))) << file;
      EXPECT_THAT(written.second, Not(HasSubstr("MyPlugin"))) << file;
      EXPECT_THAT(written.second, Not(HasSubstr("MY_"))) << file;
    }
    for (const std::string& file : {std::string("CMakeLists.txt"), std::string("README.md"),
                                    std::string("pipeline.yaml"), name + ".cpp"})
      EXPECT_TRUE(fs::is_regular_file(path(name) / file)) << file;
  }
}

TEST_F(PluginNew, WritesToTheFolderAskedFor) {
  EXPECT_EQ(twopass({"plugin", "new", "trainer", "delta_rule", "--dir", "deep/er"}).exit_code, 0);
  EXPECT_THAT(content(path("deep/er/delta_rule.cpp")), HasSubstr("class DeltaRuleTrainer : public Trainer"));
}

TEST_F(PluginNew, QuotesPathsForTheShell) {
  const Outcome outcome = twopass({"plugin", "new", "trainer", "delta", "--dir", "it's my folder"});
  EXPECT_THAT(outcome.out, HasSubstr("\n  cd 'it'\\''s my folder'\n"));
  EXPECT_THAT(outcome.out, ContainsRegex("-D CMAKE_PREFIX_PATH=[^ '\n]+\n"))
      << "no quotes where none are due";
  fs::create_directory(path("my prefix"));
  fs::create_directory_symlink(fs::path(TWOPASS).parent_path().parent_path() / "share",
                               path("my prefix/share"));
  fs::create_directory(path("my prefix/bin"));
  fs::copy_file(TWOPASS, path("my prefix/bin/twopass"));
  const Outcome moved =
      Process({path("my prefix/bin/twopass"), "plugin", "new", "trainer", "gamma"}, surroundings()).wait();
  EXPECT_EQ(moved.exit_code, 0) << moved.err;
  const std::string prefix = "CMAKE_PREFIX_PATH='" + fs::canonical(path("my prefix")).string() + "'\n";
  EXPECT_THAT(moved.out, HasSubstr(prefix));
  EXPECT_THAT(content(path("gamma/README.md")), HasSubstr(prefix));
}

TEST_F(PluginNew, RefusesWithExitCode2) {
  write("there/kept.txt", "mine");
  const std::map<std::vector<std::string>, std::string> wrong{
      {{"trainer", "Delta"}, "'Delta' is no name for a plugin"},
      {{"trainer", "../delta"}, "is no name for a plugin"},
      {{"trainer", ""}, "is no name for a plugin"},
      {{"trainer", std::string(64, 'a')}, "at most 63"},
      {{"trainer", "test"}, "every CMake project"},
      {{"dataset", "preinstall"}, "every CMake project"},
      {{"trainer", "ff"}, "there is a trainer 'ff' already"},
      {{"teacher", "delta"}, "teacher"},
      {{"trainer", "delta", "--dir", "there"}, "there is there already"},
      {{"trainer", "there"}, "there is there already"},
  };
  const auto before = snapshot(folder_.path());
  for (const auto& [arguments, message] : wrong) {
    std::vector<std::string> words{"plugin", "new"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Outcome outcome = twopass(words);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
  EXPECT_EQ(snapshot(folder_.path()), before);
}

TEST_F(PluginNew, FailsWhereItCannotWrite) {
  write("file", "");
  const Outcome outcome = twopass({"plugin", "new", "dataset", "mine", "--dir", "file/mine"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("file/mine cannot be made"));
}

}  // namespace
}  // namespace twopass::cli_test
