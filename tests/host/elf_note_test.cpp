#include "host/elf_note.hpp"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>

#include "support.hpp"
#include "twopass/plugin.hpp"
#include "twopass/random.hpp"

namespace twopass::host {
namespace {

using testing::HasSubstr;

template <class Struct>
std::string bytes_of(const Struct& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string padded(std::string text, size_t alignment) {
  text.resize((text.size() + alignment - 1) / alignment * alignment);
  return text;
}

std::string note_bytes(const std::string& owner, uint32_t type, const std::string& descriptor,
                       size_t alignment) {
  const Elf64_Nhdr header{static_cast<uint32_t>(owner.size() + 1), static_cast<uint32_t>(descriptor.size()),
                          type};
  return padded(padded(bytes_of(header) + owner + '\0', alignment) + descriptor, alignment);
}

// The smallest shared library with one segment of notes.
std::string elf_file(const std::string& notes, uint64_t alignment = 4) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = notes.size();
  segment.p_align = alignment;
  return bytes_of(header) + bytes_of(segment) + notes;
}

std::string twopass_note_bytes() {
  const twopass_note note = abi::make_note(TWOPASS_TRAINER, "sample", "2.1", "A sample.").note;
  return note_bytes(TWOPASS_NOTE_OWNER, TWOPASS_NOTE_TYPE, bytes_of(note), 4);
}

class ElfNote : public testing::Test {
 protected:
  ElfNotes read(const std::string& content) { return read_elf_notes(folder_.write("file", content)); }
  std::string error(const std::string& content) {
    return error_of([&] { read(content); });
  }

  TempFolder folder_;
};

TEST_F(ElfNote, IsReadFromARealPlugin) {
  const ElfNotes notes = read_elf_notes(test_plugin("toy_dataset"));
  ASSERT_TRUE(notes.twopass);
  EXPECT_EQ(notes.twopass->struct_size, sizeof(twopass_note));
  EXPECT_EQ(notes.twopass->abi_major, TWOPASS_ABI_MAJOR);
  EXPECT_EQ(notes.twopass->kind, uint32_t{TWOPASS_DATASET});
  EXPECT_STREQ(notes.twopass->name, "toy_dataset");
  EXPECT_STREQ(notes.twopass->version, "1.2.3");
  EXPECT_STREQ(notes.twopass->summary, "Four tiny images.");
}

TEST_F(ElfNote, IsAbsentFromAnotherLibrary) {
  EXPECT_FALSE(read_elf_notes(test_plugin("plain_library")).twopass);
}

TEST_F(ElfNote, IsFoundBehindNotesOfOthers) {
  const ElfNotes notes =
      read(elf_file(note_bytes("GNU", NT_GNU_BUILD_ID, "abcde", 4) +
                    note_bytes("twopass", TWOPASS_NOTE_TYPE + 1, "other", 4) + twopass_note_bytes()));
  ASSERT_TRUE(notes.twopass);
  EXPECT_STREQ(notes.twopass->name, "sample");
}

TEST_F(ElfNote, OfAnOlderOrLongerLayoutIsCutToWhatIsThere) {
  twopass_note note = abi::make_note(TWOPASS_TRAINER, "sample", "2.1", "A sample.").note;
  note.struct_size = 4000;
  const std::string short_one = bytes_of(note).substr(0, 40);
  const ElfNotes short_notes = read(elf_file(note_bytes("twopass", TWOPASS_NOTE_TYPE, short_one, 4)));
  EXPECT_EQ(short_notes.twopass->struct_size, 40U);
  EXPECT_STREQ(short_notes.twopass->version, "");
  const std::string long_one = bytes_of(note) + std::string(64, 'x');
  const ElfNotes long_notes = read(elf_file(note_bytes("twopass", TWOPASS_NOTE_TYPE, long_one, 4)));
  EXPECT_EQ(long_notes.twopass->struct_size, sizeof(twopass_note) + 64);
}

TEST_F(ElfNote, HoldsNothingPastItsOwnSize) {
  twopass_note note = abi::make_note(TWOPASS_TRAINER, "sample", "2.1", "A sample.").note;
  note.struct_size = offsetof(twopass_note, summary);
  const ElfNotes notes = read(elf_file(note_bytes("twopass", TWOPASS_NOTE_TYPE, bytes_of(note), 4)));
  EXPECT_EQ(notes.twopass->struct_size, offsetof(twopass_note, summary));
  EXPECT_STREQ(notes.twopass->version, "2.1");
  EXPECT_STREQ(notes.twopass->summary, "");
  EXPECT_STREQ(notes.twopass->toolchain, "");
}

TEST(RecordedCpuLevel, IsThatOfTheHighestInstructionSet) {
  EXPECT_GE(read_elf_notes(test_plugin("with_fma")).twopass->cpu_level, 3U);
}

TEST_F(ElfNote, TextsEndWithinTheirFields) {
  twopass_note note = abi::make_note(TWOPASS_TRAINER, "sample", "2.1", "A sample.").note;
  std::memset(note.name, 'a', sizeof note.name);
  const ElfNotes notes = read(elf_file(note_bytes("twopass", TWOPASS_NOTE_TYPE, bytes_of(note), 4)));
  EXPECT_EQ(std::strlen(notes.twopass->name), sizeof note.name - 1);
}

TEST_F(ElfNote, TellsTheNeededCpuLevel) {
  const auto property = [](uint32_t type, uint32_t data) {
    const uint32_t words[] = {type, sizeof data, data, 0};
    return bytes_of(words);
  };
  const std::string properties = property(GNU_PROPERTY_X86_FEATURE_1_AND, 3) +
                                 property(GNU_PROPERTY_X86_ISA_1_NEEDED, GNU_PROPERTY_X86_ISA_1_V3);
  const std::string note = note_bytes("GNU", NT_GNU_PROPERTY_TYPE_0, properties, 8);
  EXPECT_EQ(read(elf_file(note, 8)).cpu_levels, uint32_t{GNU_PROPERTY_X86_ISA_1_V3});
  EXPECT_EQ(read(elf_file(twopass_note_bytes())).cpu_levels, 0U);
}

TEST_F(ElfNote, RefusesWhatIsNoElfFile) {
  EXPECT_THAT(error(""), HasSubstr("empty"));
  EXPECT_THAT(error("# YAML: no\n"), HasSubstr("no shared library"));
  EXPECT_THAT(error("\x7f"), HasSubstr("no shared library"));
  EXPECT_THAT(error("\x7f"
                    "ELF"),
              HasSubstr("truncated"));
}

TEST_F(ElfNote, RefusesOtherMachinesAndTypesWithWords) {
  const std::string good = elf_file(twopass_note_bytes());
  const auto with = [&](size_t first, const std::string& bytes) {
    return error(std::string(good).replace(first, bytes.size(), bytes));
  };
  EXPECT_THAT(with(EI_CLASS, std::string(1, ELFCLASS32)), HasSubstr("no 64-bit library"));
  EXPECT_THAT(with(EI_DATA, std::string(1, ELFDATA2MSB)), HasSubstr("big-endian"));
  EXPECT_THAT(with(offsetof(Elf64_Ehdr, e_machine), bytes_of(uint16_t{EM_AARCH64})), HasSubstr("AArch64"));
  EXPECT_THAT(with(offsetof(Elf64_Ehdr, e_type), bytes_of(uint16_t{ET_REL})), HasSubstr("not linked"));
  EXPECT_THAT(with(offsetof(Elf64_Ehdr, e_type), bytes_of(uint16_t{ET_EXEC})), HasSubstr("an executable"));
}

TEST_F(ElfNote, RefusesNotesThatAreLongerThanTheirSegment) {
  std::string notes = twopass_note_bytes();
  for (const size_t field : {offsetof(Elf64_Nhdr, n_namesz), offsetof(Elf64_Nhdr, n_descsz)}) {
    const std::string damaged = std::string(notes).replace(field, 4, "\xff\xff\xff\xff");
    EXPECT_THAT(error(elf_file(damaged)), HasSubstr("notes are damaged"));
  }
}

TEST_F(ElfNote, RefusesEveryTruncationOfARealPlugin) {
  const std::string whole = content_of(test_plugin("toy_dataset"));
  ASSERT_GT(whole.size(), 10000U);
  for (size_t size = 0; size < whole.size(); size += size < 2000 ? 1 : 511)
    EXPECT_THROW(read(whole.substr(0, size)), Error) << size;
  EXPECT_THAT(error(whole.substr(0, whole.size() - 1)), HasSubstr("truncated"));
}

TEST_F(ElfNote, SurvivesDamagedBytes) {
  const std::string whole = elf_file(twopass_note_bytes());
  Random random(1, Purpose::kFirstUser);
  int refused = 0;
  for (int attempt = 0; attempt < 2000; ++attempt) {
    std::string damaged = whole;
    for (int flips = 0; flips < 4; ++flips)
      damaged[random.below(static_cast<uint32_t>(sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + 20))] =
          static_cast<char>(random.bits());
    if (error(damaged) != "no error") ++refused;
  }
  EXPECT_GT(refused, 500);
}

TEST_F(ElfNote, NeedsAFileThatCanBeRead) {
  const auto error_at = [](const std::filesystem::path& path) {
    return error_of([&] { read_elf_notes(path); });
  };
  std::filesystem::create_symlink("nowhere", folder_.path() / "link");
  EXPECT_THAT(error_at(folder_.path() / "link"), HasSubstr("symbolic link to nowhere"));
  EXPECT_THAT(error_at(folder_.path() / "absent"), HasSubstr("No such file"));
  EXPECT_THAT(error_at(folder_.path()), HasSubstr("no regular file"));
}

}  // namespace
}  // namespace twopass::host
