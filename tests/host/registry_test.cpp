#include "host/registry.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <xmmintrin.h>

#include <limits>

#include "host/compatibility.hpp"
#include "host/elf_note.hpp"
#include "support.hpp"
#include "twopass/plugin.hpp"

namespace twopass::host {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const PluginFile& file_named(const Registry& registry, const std::string& name) {
  for (const PluginFile& file : registry.files())
    if (file.path.filename() == name) return file;
  throw Error("the registry does not list " + name);
}

std::string load_error(Registry& registry, twopass_kind kind, const std::string& name,
                       twopass_status status = TWOPASS_INVALID_ARGUMENT) {
  return error_of([&] { registry.load(kind, name); }, status);
}

TEST(RegistryScan, ListsPluginsWithoutRunningThem) {
  const Registry registry({kTestPlugins});
  // Its initialiser would abort this process.
  const PluginFile& file = file_named(registry, "aborts_on_load.twopass.so");
  EXPECT_EQ(file.refusal, "");
  EXPECT_STREQ(file.note->summary, "A bad one.");
  EXPECT_THAT(registry.names(TWOPASS_DATASET), AllOf(Contains("aborts_on_load"), Contains("toy_dataset")));
  EXPECT_THAT(registry.names(TWOPASS_PRETEXT), ElementsAre("toy_pretext"));
  EXPECT_THAT(registry.names(TWOPASS_BACKEND), IsEmpty());
}

TEST(RegistryLoadDeathTest, RunsTheInitialiserThatScanDidNot) {
  Registry registry({kTestPlugins});
  EXPECT_DEATH(registry.load(TWOPASS_DATASET, "aborts_on_load"), "");
}

TEST(RegistryScan, RefusesWhatIsNoPluginAndGoesOn) {
  const TempFolder folder;
  const std::string good = content_of(test_plugin("toy_dataset"));
  folder.write("toy_dataset.twopass.so", good);
  folder.write("truncated.twopass.so", good.substr(0, good.size() / 2));
  folder.write("text.twopass.so", "not a library\n");
  folder.write("other_name.twopass.so", good);
  folder.write("ignored.so", "no plugin's suffix");
  fs::copy_file(test_plugin("plain_library"), folder.path() / "plain_library.twopass.so");
  fs::create_symlink("nowhere", folder.path() / "link.twopass.so");
  fs::create_directory(folder.path() / "folder.twopass.so");
  ASSERT_EQ(mkfifo((folder.path() / "pipe.twopass.so").c_str(), 0600), 0);

  const Registry registry({folder.path()});
  EXPECT_EQ(registry.files().size(), 8U);
  const auto refusal = [&](const std::string& name) {
    return file_named(registry, name + ".twopass.so").refusal;
  };
  EXPECT_EQ(refusal("toy_dataset"), "");
  EXPECT_THAT(refusal("truncated"), HasSubstr("truncated"));
  EXPECT_THAT(refusal("text"), HasSubstr("no shared library"));
  EXPECT_THAT(refusal("other_name"), HasSubstr("must be named toy_dataset.twopass.so"));
  EXPECT_THAT(refusal("plain_library"), HasSubstr("no twopass plugin"));
  EXPECT_THAT(refusal("link"), HasSubstr("symbolic link to nowhere"));
  EXPECT_THAT(refusal("folder"), HasSubstr("no regular file"));
  EXPECT_THAT(refusal("pipe"), HasSubstr("no regular file"));
  EXPECT_THAT(registry.names(TWOPASS_DATASET), ElementsAre("toy_dataset"));
}

// A copy of the toy dataset whose note says something else.
std::string refusal_of_toy_with(uint32_t twopass_note::*field, uint32_t value) {
  const std::string good = content_of(test_plugin("toy_dataset"));
  twopass_note note = *read_elf_notes(test_plugin("toy_dataset")).twopass;
  const size_t at = good.find(std::string(reinterpret_cast<const char*>(&note), sizeof note));
  if (at == std::string::npos) throw Error("the plugin's note is not in its file");
  note.*field = value;
  const TempFolder folder;
  folder.write("toy_dataset.twopass.so",
               std::string(good).replace(at, sizeof note, reinterpret_cast<const char*>(&note), sizeof note));
  return Registry({folder.path()}).files().at(0).refusal;
}

TEST(RegistryScan, RefusesWhatWasBuiltAgainstAnotherAbi) {
  EXPECT_THAT(refusal_of_toy_with(&twopass_note::abi_major, TWOPASS_ABI_MAJOR + 1),
              HasSubstr("update twopass"));
  EXPECT_THAT(refusal_of_toy_with(&twopass_note::abi_minor, TWOPASS_ABI_MINOR + 1),
              HasSubstr("update twopass"));
  EXPECT_THAT(refusal_of_toy_with(&twopass_note::kind, 77), HasSubstr("kind is number 77"));
  EXPECT_THAT(refusal_of_toy_with(&twopass_note::struct_size, 64), HasSubstr("64 bytes"));
  EXPECT_THAT(
      refusal_of_toy_with(&twopass_note::flags, abi::sanitizer_flags() ^ TWOPASS_FLAG_THREAD_SANITIZER),
      HasSubstr("ThreadSanitizer"));
  EXPECT_EQ(refusal_of_toy_with(&twopass_note::kind, TWOPASS_DATASET), "") << "an unchanged copy";
}

TEST(RegistryScan, RefusesWhatNeedsABetterCpu) {
  if (read_elf_notes(test_plugin("toy_dataset")).cpu_levels == 0)
    GTEST_SKIP() << "the compiler records no CPU level";
  const uint32_t property[] = {GNU_PROPERTY_X86_ISA_1_NEEDED, 4};
  std::string content = content_of(test_plugin("toy_dataset"));
  const size_t at = content.find(std::string(reinterpret_cast<const char*>(property), sizeof property));
  ASSERT_NE(at, std::string::npos);
  const bool has_v4 = (this_host().cpu_levels & GNU_PROPERTY_X86_ISA_1_V4) != 0;
  content[at + sizeof property] = has_v4 ? 0x10 : GNU_PROPERTY_X86_ISA_1_V4;
  const TempFolder folder;
  folder.write("toy_dataset.twopass.so", content);
  EXPECT_THAT(Registry({folder.path()}).files().at(0).refusal, HasSubstr("needs a CPU of level"));
}

TEST(RegistryScan, PassesOverFoldersThatCannotBeRead) {
  const TempFolder folder;
  fs::create_symlink("loop", folder.path() / "loop");
  const fs::path no_folder = folder.write("file", "");
  const LogCapture log;
  const Registry registry({folder.path() / "loop", no_folder, folder.path() / "absent", kTestPlugins});
  EXPECT_THAT(registry.names(TWOPASS_PRETEXT), ElementsAre("toy_pretext"));
  EXPECT_THAT(log.texts(), ElementsAre(HasSubstr("/loop cannot be read"), HasSubstr("/file cannot be read")));
}

TEST(RegistryScan, TakesTheFirstOfTwo) {
  const TempFolder folder;
  const std::string good = content_of(test_plugin("toy_dataset"));
  const fs::path broken = folder.write("broken/toy_dataset.twopass.so", "broken");
  const fs::path first = folder.write("first/toy_dataset.twopass.so", good);
  const fs::path second = folder.write("second/toy_dataset.twopass.so", good);
  Registry registry({folder.path() / "broken", folder.path() / "first", folder.path() / "second"});
  ASSERT_EQ(registry.files().size(), 3U);
  EXPECT_FALSE(registry.files()[1].shadowed_by);
  EXPECT_EQ(registry.files()[2].shadowed_by, first);
  EXPECT_THAT(registry.names(TWOPASS_DATASET), ElementsAre("toy_dataset"));
  const LogCapture log;
  EXPECT_EQ(registry.load(TWOPASS_DATASET, "toy_dataset").file.path, first);
  EXPECT_THAT(log.texts(),
              ElementsAre("dataset 'toy_dataset': " + first.string() + " is used, " + broken.string() +
                              " was refused: it is no shared library: it does not begin as an ELF file "
                              "does",
                          "dataset 'toy_dataset': " + first.string() + " is used, " + second.string() +
                              " later on the search path is not"));
}

TEST(RegistryLoad, LoadsOnceAndForGood) {
  const twopass_plugin* table = nullptr;
  {
    Registry registry({kTestPlugins});
    const Plugin& plugin = registry.load(TWOPASS_DATASET, "toy_dataset");
    EXPECT_EQ(&registry.load(TWOPASS_DATASET, "toy_dataset"), &plugin);
    EXPECT_EQ(plugin.file.path, test_plugin("toy_dataset"));
    table = plugin.table;
  }
  EXPECT_STREQ(table->name, "toy_dataset") << "the library outlives the registry";
  EXPECT_EQ(dlsym(RTLD_DEFAULT, TWOPASS_ENTRY_SYMBOL), nullptr) << "no other library sees what it exports";
}

TEST(RegistryLoad, RefusesAnUnsoundEntry) {
  Registry registry({kTestPlugins});
  const auto error = [&](const std::string& name) { return load_error(registry, TWOPASS_DATASET, name); };
  EXPECT_THAT(error("null_entry"), AllOf(HasSubstr("null_entry.twopass.so"), HasSubstr("returned nothing")));
  EXPECT_THAT(error("no_entry"), HasSubstr("does not export twopass_plugin_entry_v1"));
  EXPECT_THAT(error("undocumented_option"), HasSubstr("option 'count' has no doc"));
  EXPECT_THAT(error("undocumented_option"), HasSubstr("has no doc")) << "asked again, the same answer";
}

TEST(RegistryLoad, TellsWhatTheLoaderSays) {
  Registry registry({kTestPlugins});
  const std::string error = load_error(registry, TWOPASS_DATASET, "missing_symbol");
  EXPECT_THAT(error, AllOf(HasSubstr("undefined symbol: twopass_test_symbol_that_nobody_defines"),
                           Not(HasSubstr("boost")), Not(HasSubstr("descriptor"))));
}

TEST(RegistryLoad, UndoesWhatFastMathDoesToTheHost) {
  const unsigned before = _mm_getcsr();
  const LogCapture log;
  Registry registry({kTestPlugins});
  registry.load(TWOPASS_DATASET, "fast_math");
  EXPECT_THAT(log.texts(), ElementsAre(AllOf(HasSubstr("fast_math.twopass.so"), HasSubstr("-ffast-math"))));
  constexpr unsigned kDenormalsAreZero = 0x8040;
  EXPECT_EQ(_mm_getcsr() & kDenormalsAreZero, before & kDenormalsAreZero);
  volatile double denormal = std::numeric_limits<double>::denorm_min();
  EXPECT_NE(denormal * 1.0, 0.0);
}

TEST(RegistryLoad, SaysWhatThereIsInstead) {
  Registry registry({kTestPlugins});
  EXPECT_THAT(load_error(registry, TWOPASS_DATASET, "toy_datset", TWOPASS_NOT_FOUND),
              AllOf(HasSubstr("there is no dataset 'toy_datset'"), HasSubstr("did you mean 'toy_dataset'?"),
                    HasSubstr("nearest first: toy_dataset, ")));
  EXPECT_THAT(load_error(registry, TWOPASS_PRETEXT, "toy_dataset", TWOPASS_NOT_FOUND),
              HasSubstr("'toy_dataset' is a dataset"));
  EXPECT_THAT(load_error(registry, TWOPASS_BACKEND, "blas", TWOPASS_NOT_FOUND),
              AllOf(HasSubstr("no plugin of that kind"), HasSubstr(kTestPlugins.string())));
}

TEST(RegistryLoad, SaysWhyAFileOfThatNameWasRefused) {
  const TempFolder folder;
  folder.write("mnist.twopass.so", "");
  Registry registry({folder.path()});
  EXPECT_THAT(load_error(registry, TWOPASS_DATASET, "mnist", TWOPASS_NOT_FOUND),
              HasSubstr("mnist.twopass.so was refused: it is empty"));
}

}  // namespace
}  // namespace twopass::host
