// Hazards. The file may be anything and may be written while it is read. So each number in it is
// compared with a bound before it is used.
#include "os/file/program_identity.hpp"
#include "base/names.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <algorithm>

#include <bit>
#include <cstring>
#include <vector>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_most_headers = 64;
constexpr std::size_t k_largest_notes = 16 * 1024;
constexpr std::size_t k_longest_build_id = 64;

// The parts of a note are padded to four bytes.
std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

// Returns the build-id in one segment of notes, which has the same form for 32 and 64 bits.
std::string build_id_in(const std::vector<char>& notes) {
  std::size_t at = 0;
  Elf64_Nhdr note{};
  while (notes.size() - at >= sizeof note) {
    std::memcpy(&note, notes.data() + at, sizeof note);
    at += sizeof note;
    if (note.n_namesz > notes.size() || note.n_descsz > notes.size()) return {};
    const std::size_t content = at + padded(note.n_namesz);
    const std::size_t next = content + padded(note.n_descsz);
    if (content > notes.size() || note.n_descsz > notes.size() - content) return {};
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(notes.data() + at, "GNU", 4) == 0 && note.n_descsz <= k_longest_build_id) {
      std::string id;
      for (const char byte : std::string_view(notes.data() + content, note.n_descsz)) {
        id += hexadecimal(static_cast<unsigned char>(byte), 2);
      }
      return id;
    }
    if (next >= notes.size()) return {};
    at = next;
  }
  return {};
}

template <typename Header, typename Segment>
std::string build_id_of(int fd) {
  Header header{};
  if (!read_at(fd, 0, &header, sizeof header)) return {};
  if (header.e_phentsize != sizeof(Segment)) return {};
  const std::size_t count = std::min<std::size_t>(header.e_phnum, k_most_headers);
  for (std::size_t i = 0; i < count; ++i) {
    Segment segment{};
    if (header.e_phoff > static_cast<std::uint64_t>(INT64_MAX) / 2) return {};
    if (!read_at(fd, header.e_phoff + i * sizeof segment, &segment, sizeof segment)) return {};
    if (segment.p_type != PT_NOTE || segment.p_filesz > k_largest_notes) continue;
    std::vector<char> notes(segment.p_filesz);
    if (!read_at(fd, segment.p_offset, notes.data(), notes.size())) continue;
    std::string id = build_id_in(notes);
    if (!id.empty()) return id;
  }
  return {};
}

std::string build_id_of(int fd) {
  unsigned char start[EI_NIDENT] = {};
  if (!read_at(fd, 0, start, sizeof start)) return {};
  if (std::memcmp(start, ELFMAG, SELFMAG) != 0) return {};
  // A program in another byte order than ours cannot run here.
  const bool little = std::endian::native == std::endian::little;
  if (start[EI_DATA] != (little ? ELFDATA2LSB : ELFDATA2MSB)) return {};
  if (start[EI_CLASS] == ELFCLASS64) return build_id_of<Elf64_Ehdr, Elf64_Phdr>(fd);
  if (start[EI_CLASS] == ELFCLASS32) return build_id_of<Elf32_Ehdr, Elf32_Phdr>(fd);
  return {};
}

}  // namespace

Result<ProgramIdentity> identify_program(const std::string& path) {
  const UniqueFd file(
      retried([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
  if (!file.valid()) return system_error("open " + path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return system_error("look at " + path);
  if (!S_ISREG(info.st_mode)) return Error{"look at " + path + ": not a regular file"};
  ProgramIdentity program;
  program.device = info.st_dev;
  program.inode = info.st_ino;
  program.size = static_cast<std::uint64_t>(info.st_size);
  program.modified_ns = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  program.build_id = build_id_of(file.get());
  return program;
}

std::optional<ProgramIdentity> known_program(const std::string& path) {
  Result<ProgramIdentity> identity = identify_program(path);
  if (!identity) return std::nullopt;
  return std::move(*identity);
}

std::optional<std::string> source_of_tree(const std::string& tree) {
  constexpr std::size_t k_longest = 16 * 1024;
  const Result<std::string> text =
      read_own((tree == "/" ? "" : tree) + "/" + std::string(names::k_project_file), k_longest);
  if (!text) return std::nullopt;
  const std::size_t begin = text->find('\n') + 1;
  std::string source = text->substr(begin, text->find('\n', begin) - begin);
  if (!source.starts_with('/')) return std::nullopt;
  return source;
}

}  // namespace holdfast::os
