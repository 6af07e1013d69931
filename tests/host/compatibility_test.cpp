#include "host/compatibility.hpp"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/abi_sizes.hpp"
#include "twopass/plugin.hpp"

namespace twopass::host {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A file that fits, and a host to hold against it; tests change one thing.
struct Case {
  std::filesystem::path file = "/plugins/sample.twopass.so";
  ElfNotes notes{abi::make_note(TWOPASS_TRAINER, "sample", "2.1", "A sample.").note,
                 GNU_PROPERTY_X86_ISA_1_V2};
  HostTraits host{2, 3, 0, GNU_PROPERTY_X86_ISA_1_BASELINE | GNU_PROPERTY_X86_ISA_1_V2};

  Case() {
    note().abi_major = 2;
    note().abi_minor = 3;
    note().flags = 0;
    note().cpu_level = 0;
  }
  twopass_note& note() { return *notes.twopass; }
  std::string reason() const { return incompatibility(file, notes, host); }
};

TEST(Compatibility, OfWhatFits) {
  Case test;
  EXPECT_EQ(test.reason(), "");
  test.note().abi_minor = 0;
  EXPECT_EQ(test.reason(), "") << "an older minor";
  test.notes.cpu_levels = 0;
  EXPECT_EQ(test.reason(), "") << "no CPU level recorded";
}

TEST(Compatibility, NeedsANote) {
  Case test;
  test.notes.twopass.reset();
  EXPECT_THAT(test.reason(), HasSubstr("no twopass plugin"));
}

TEST(Compatibility, SaysWhichOfTheTwoToUpdate) {
  Case newer_plugin;
  newer_plugin.note().abi_major = 3;
  EXPECT_THAT(newer_plugin.reason(), AllOf(HasSubstr("built against plugin ABI 3.3"),
                                           HasSubstr("this host has 2.3"), HasSubstr("update twopass")));
  Case newer_host;
  newer_host.note().abi_major = 1;
  EXPECT_THAT(newer_host.reason(), HasSubstr("update the plugin"));
  Case newer_minor;
  newer_minor.note().abi_minor = 4;
  EXPECT_THAT(newer_minor.reason(), AllOf(HasSubstr("ABI 2.4"), HasSubstr("update twopass")));
}

TEST(Compatibility, NeedsAWholeNote) {
  Case test;
  test.note().struct_size = abi_1_0::kNote;
  EXPECT_EQ(test.reason(), "") << "the note of ABI 1.0";
  test.note().struct_size = abi_1_0::kNote - 1;
  EXPECT_THAT(test.reason(), HasSubstr("build it again"));
  test.note().struct_size = 4;
  EXPECT_THAT(test.reason(), HasSubstr("damaged"));
}

TEST(Compatibility, NeedsAKnownKind) {
  Case test;
  for (const uint32_t kind : {0U, 5U}) {
    test.note().kind = kind;
    EXPECT_THAT(test.reason(), HasSubstr("kind is number " + std::to_string(kind)));
  }
}

TEST(Compatibility, NeedsTheFileToBearThePluginsName) {
  Case other_file;
  other_file.file = "/plugins/sample-copy.twopass.so";
  EXPECT_THAT(other_file.reason(), HasSubstr("must be named sample.twopass.so"));
  Case shouting;
  abi::copy_text(shouting.note().name, "Sample");
  shouting.file = "/plugins/Sample.twopass.so";
  EXPECT_THAT(shouting.reason(), HasSubstr("only a-z, 0-9 and _"));
}

TEST(Compatibility, NeedsTheSameSanitizers) {
  Case test;
  test.note().flags = TWOPASS_FLAG_ADDRESS_SANITIZER;
  EXPECT_THAT(test.reason(),
              AllOf(HasSubstr("with AddressSanitizer"), HasSubstr("this host with no sanitizer")));
  test.host.sanitizer_flags = TWOPASS_FLAG_ADDRESS_SANITIZER;
  EXPECT_EQ(test.reason(), "");
}

TEST(Compatibility, NeedsTheCpuLevel) {
  Case test;
  test.notes.cpu_levels = GNU_PROPERTY_X86_ISA_1_V2 | GNU_PROPERTY_X86_ISA_1_V4;
  EXPECT_THAT(test.reason(), HasSubstr("x86-64-v4 (AVX-512)"));
  test.notes.cpu_levels = 1U << 9;
  EXPECT_THAT(test.reason(), HasSubstr("newer than this host knows"));
}

TEST(Compatibility, NeedsTheCpuLevelThatTheSdkRecorded) {
  Case test;
  test.notes.cpu_levels = 0;
  test.note().cpu_level = 2;
  EXPECT_EQ(test.reason(), "");
  test.note().cpu_level = 4;
  EXPECT_THAT(test.reason(), HasSubstr("x86-64-v4 (AVX-512)"));
  test.note().cpu_level = 77;
  EXPECT_THAT(test.reason(), HasSubstr("newer than this host knows"));
}

TEST(WellFormed, IsALetterThenLettersDigitsAndUnderscores) {
  for (const char* name : {"a", "mnist", "cifar10", "fashion_mnist"}) EXPECT_TRUE(well_formed(name)) << name;
  for (const char* name : {"", "1a", "_a", "A", "a-b", "a b", "a/b", "\xc3\xa4"})
    EXPECT_FALSE(well_formed(name)) << name;
}

}  // namespace
}  // namespace twopass::host
