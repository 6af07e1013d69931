#include "conformance/elf_symbols.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "pipeline/read_file.hpp"
#include "twopass/error.hpp"

namespace twopass::conformance {
namespace {

// Element `index` of an array of structs that begins at byte `first`.
template <class Struct>
Struct element(std::string_view bytes, uint64_t first, uint64_t index = 0) {
  Struct result;
  if (first > bytes.size() || (bytes.size() - first) / sizeof result <= index)
    throw Error("its symbol table is damaged");
  std::memcpy(&result, bytes.data() + first + index * sizeof result, sizeof result);
  return result;
}

bool is_exported(const Elf64_Sym& symbol) {
  const unsigned binding = ELF64_ST_BIND(symbol.st_info);
  const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && binding != STB_LOCAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

}  // namespace

std::vector<std::string> exported_symbols(const std::filesystem::path& file) {
  const std::string bytes = pipeline::read_file(file);
  const auto header = element<Elf64_Ehdr>(bytes, 0);
  for (uint64_t index = 0; index < header.e_shnum; ++index) {
    const auto section = element<Elf64_Shdr>(bytes, header.e_shoff, index);
    if (section.sh_type != SHT_DYNSYM) continue;
    const auto strings = element<Elf64_Shdr>(bytes, header.e_shoff, section.sh_link);
    std::vector<std::string> names;
    for (uint64_t entry = 0; entry < section.sh_size / sizeof(Elf64_Sym); ++entry) {
      const auto symbol = element<Elf64_Sym>(bytes, section.sh_offset, entry);
      const uint64_t name = strings.sh_offset + symbol.st_name;
      if (is_exported(symbol) && name < bytes.size()) names.emplace_back(bytes.c_str() + name);
    }
    std::ranges::sort(names);
    return names;
  }
  throw Error("it has no table of dynamic symbols");
}

}  // namespace twopass::conformance
