#include "os/stack/elf_text.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/base/environment.hpp"
#include "os/file/file_text.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_most_read = 64UL * 1024 * 1024;
constexpr std::size_t k_piece = 256UL * 1024;
constexpr std::size_t k_longest_names = 1024UL * 1024;

bool is_readable_elf(const Elf64_Ehdr& header) {
  constexpr unsigned char k_order =
      __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == k_order &&
         header.e_shentsize == sizeof(Elf64_Shdr) && header.e_shnum > 0 &&
         header.e_shstrndx < header.e_shnum;
}

// Returns all sections of that name; a file may have more than one.
std::vector<Elf64_Shdr> sections_named(int file, std::string_view name) {
  Elf64_Ehdr header{};
  if (!read_at(file, 0, &header, sizeof header) || !is_readable_elf(header)) return {};
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  if (!read_at(file, header.e_shoff, sections.data(), sections.size() * sizeof(Elf64_Shdr))) {
    return {};
  }
  const Elf64_Shdr& table = sections[header.e_shstrndx];
  std::string names(std::min<std::uint64_t>(table.sh_size, k_longest_names), '\0');
  if (!read_at(file, table.sh_offset, names.data(), names.size())) return {};
  std::erase_if(sections, [&](const Elf64_Shdr& section) {
    if (section.sh_type == SHT_NOBITS || section.sh_name >= names.size()) return true;
    return std::string_view(names.c_str() + section.sh_name) != name;
  });
  return sections;
}

bool holds(int file, const Elf64_Shdr& section, std::string_view text) {
  const std::uint64_t size = std::min<std::uint64_t>(section.sh_size, k_most_read);
  std::vector<char> piece;
  // Pieces overlap, so that a text across two of them is found.
  for (std::uint64_t at = 0; at + text.size() <= size; at += k_piece) {
    piece.resize(std::min<std::uint64_t>(size - at, k_piece + text.size()));
    if (!read_at(file, section.sh_offset + at, piece.data(), piece.size())) return false;
    if (::memmem(piece.data(), piece.size(), text.data(), text.size()) != nullptr) return true;
  }
  return false;
}

}  // namespace

bool elf_section_holds(const std::string& path, std::string_view section, std::string_view text) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  const std::vector<Elf64_Shdr> sections = sections_named(file.get(), section);
  return std::ranges::any_of(sections,
                             [&](const Elf64_Shdr& one) { return holds(file.get(), one, text); });
}

bool holds_googletest(const std::string& path) {
  return elf_section_holds(path, ".rodata", environment::k_googletest_runs) ||
         elf_section_holds(path, ".dynstr", "libgtest");
}

}  // namespace holdfast::os
