#include "host/elf_note.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include "twopass/error.hpp"

namespace twopass::host {
namespace {

constexpr uint64_t kMaximumNoteBytes = 1U << 20;  // real ones have a few hundred

[[noreturn]] void corrupt(const std::string& sentence) { throw Error(sentence, TWOPASS_CORRUPT); }

template <class Struct>
Struct copy_struct(std::span<const std::byte> bytes) {
  static_assert(std::is_trivially_copyable_v<Struct>);
  Struct result{};
  std::memcpy(&result, bytes.data(), std::min(sizeof result, bytes.size()));
  return result;
}

// A file that is read piece by piece; every piece is checked against its size.
class File {
 public:
  explicit File(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::is_symlink(path, error) && !std::filesystem::exists(path, error))
      throw Error("it is a symbolic link to nowhere", TWOPASS_NOT_FOUND);
    // Opening a pipe would wait for a writer.
    if (!std::filesystem::is_regular_file(path, error))
      throw Error(error ? "it cannot be read: " + error.message() : "it is no regular file",
                  TWOPASS_NOT_FOUND);
    size_ = std::filesystem::file_size(path, error);
    errno = 0;
    stream_.open(path, std::ios::binary);
    if (error || !stream_)
      throw Error("it cannot be read: " + std::generic_category().message(errno), TWOPASS_NOT_FOUND);
  }

  uint64_t size() const { return size_; }

  void require(uint64_t first, uint64_t count) const {
    if (first <= size_ && count <= size_ - first) return;
    corrupt(fmt::format(
        "it is truncated: it has {} bytes but refers to {} bytes from byte {} on; build or copy it again",
        size_, count, first));
  }

  std::vector<std::byte> bytes(uint64_t first, uint64_t count) {
    require(first, count);
    std::vector<std::byte> result(count);
    stream_.seekg(static_cast<std::streamoff>(first));
    stream_.read(reinterpret_cast<char*>(result.data()), static_cast<std::streamsize>(count));
    if (!stream_) corrupt(fmt::format("reading {} bytes from byte {} on failed", count, first));
    return result;
  }

  template <class Struct>
  Struct read(uint64_t first) {
    return copy_struct<Struct>(bytes(first, sizeof(Struct)));
  }

 private:
  std::ifstream stream_;
  uint64_t size_ = 0;
};

std::string_view type_words(uint16_t type) {
  switch (type) {
    case ET_REL:
      return "an object file that was not linked";
    case ET_EXEC:
      return "an executable";
    case ET_CORE:
      return "a core dump";
    default:
      return "an ELF file of unknown type";
  }
}

std::string machine_words(uint16_t machine) {
  switch (machine) {
    case EM_386:
      return "32-bit x86";
    case EM_AARCH64:
      return "AArch64";
    case EM_RISCV:
      return "RISC-V";
    default:
      return fmt::format("ELF machine {}", machine);
  }
}

Elf64_Ehdr read_header(File& file) {
  if (file.size() == 0) corrupt("it is empty");
  const std::vector<std::byte> start = file.bytes(0, std::min<uint64_t>(file.size(), EI_NIDENT));
  if (start.size() < SELFMAG || std::memcmp(start.data(), ELFMAG, SELFMAG) != 0)
    corrupt("it is no shared library: it does not begin as an ELF file does");
  file.require(0, sizeof(Elf64_Ehdr));
  if (start[EI_CLASS] != std::byte{ELFCLASS64}) corrupt("it is no 64-bit library, which this host needs");
  if (start[EI_DATA] != std::byte{ELFDATA2LSB})
    corrupt("it is a big-endian library; this host is little-endian");
  const auto header = file.read<Elf64_Ehdr>(0);
  if (header.e_machine != EM_X86_64)
    corrupt("it is built for " + machine_words(header.e_machine) + "; this host runs on x86-64");
  if (header.e_type != ET_DYN)
    corrupt(fmt::format("it is {}, not a shared library", type_words(header.e_type)));
  if (header.e_phentsize != sizeof(Elf64_Phdr))
    corrupt("its ELF header is damaged: program headers of odd size");
  // The section table commonly ends the file, so this finds most files of which the end is missing.
  if (header.e_shoff != 0) file.require(header.e_shoff, uint64_t{header.e_shnum} * header.e_shentsize);
  return header;
}

// The needed CPU level from the descriptor of a GNU property note: (type, size, data) padded to 8 bytes each.
uint32_t needed_cpu_levels(std::span<const std::byte> properties) {
  struct Property {
    uint32_t type, size;
  };
  uint32_t levels = 0;
  while (properties.size() >= sizeof(Property)) {
    const auto property = copy_struct<Property>(properties);
    properties = properties.subspan(sizeof(Property));
    if (property.size > properties.size()) corrupt("its GNU property note is damaged");
    if (property.type == GNU_PROPERTY_X86_ISA_1_NEEDED && property.size == sizeof levels)
      levels |= copy_struct<uint32_t>(properties);
    properties = properties.subspan(std::min(properties.size(), (size_t{property.size} + 7) / 8 * 8));
  }
  return levels;
}

twopass_note read_twopass_note(std::span<const std::byte> descriptor) {
  const size_t size = std::min<size_t>(copy_struct<uint32_t>(descriptor), descriptor.size());
  auto note = copy_struct<twopass_note>(descriptor.first(size));
  note.struct_size = static_cast<uint32_t>(size);
  const auto end_text = [](std::span<char> text) { text.back() = '\0'; };
  end_text(note.name);
  end_text(note.version);
  end_text(note.sdk_version);
  end_text(note.summary);
  end_text(note.toolchain);
  return note;
}

void read_notes(std::span<const std::byte> segment, size_t alignment, ElfNotes& found) {
  const auto aligned = [&](size_t size) { return (size + alignment - 1) / alignment * alignment; };
  while (segment.size() >= sizeof(Elf64_Nhdr)) {
    const auto header = copy_struct<Elf64_Nhdr>(segment);
    const size_t descriptor_first = aligned(sizeof header + header.n_namesz);
    const size_t end = descriptor_first + header.n_descsz;
    if (end > segment.size()) corrupt("its notes are damaged: one is longer than their segment");
    const std::string_view owner(reinterpret_cast<const char*>(segment.data()) + sizeof header,
                                 header.n_namesz);
    const std::span<const std::byte> descriptor = segment.subspan(descriptor_first, header.n_descsz);
    using std::string_view_literals::operator""sv;
    if (owner == "GNU\0"sv && header.n_type == NT_GNU_PROPERTY_TYPE_0)
      found.cpu_levels |= needed_cpu_levels(descriptor);
    if (owner == std::string_view(TWOPASS_NOTE_OWNER, sizeof TWOPASS_NOTE_OWNER) &&
        header.n_type == TWOPASS_NOTE_TYPE)
      found.twopass = read_twopass_note(descriptor);
    segment = segment.subspan(std::min(segment.size(), aligned(end)));
  }
}

}  // namespace

ElfNotes read_elf_notes(const std::filesystem::path& path) {
  File file(path);
  const Elf64_Ehdr header = read_header(file);
  file.require(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
  ElfNotes found;
  for (uint64_t index = 0; index < header.e_phnum; ++index) {
    const auto segment = file.read<Elf64_Phdr>(header.e_phoff + index * sizeof(Elf64_Phdr));
    if (segment.p_filesz != 0) file.require(segment.p_offset, segment.p_filesz);
    if (segment.p_type != PT_NOTE) continue;
    if (segment.p_filesz > kMaximumNoteBytes)
      corrupt("its notes are damaged: a segment of them is too large");
    read_notes(file.bytes(segment.p_offset, segment.p_filesz), segment.p_align == 8 ? 8 : 4, found);
  }
  return found;
}

}  // namespace twopass::host
