#include "os/stack/program_reader.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"
#include "values/outcome.hpp"

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
         header.e_shentsize == sizeof(Elf64_Shdr) && header.e_shstrndx < header.e_shnum;
}

// A 64-bit ELF file of this machine's byte order, read section by section.
class ElfFile final : public ProgramTexts {
 public:
  static std::optional<ElfFile> open(const std::string& path) {
    UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
    ElfFile elf(std::move(file));
    if (!elf.read_table()) return std::nullopt;
    return elf;
  }

  const Elf64_Shdr* first_of(std::uint32_t type) const {
    const auto found = std::ranges::find(sections_, type, &Elf64_Shdr::sh_type);
    return found != sections_.end() ? &*found : nullptr;
  }

  // The texts to which the entries of `section` refer; none: unreadable.
  std::optional<std::string> texts_of(const Elf64_Shdr& section) const {
    if (section.sh_link >= sections_.size()) return std::nullopt;
    const Elf64_Shdr& table = sections_[section.sh_link];
    std::string text(std::min<std::uint64_t>(table.sh_size, k_most_read), '\0');
    if (!read_at(file_.get(), table.sh_offset, text.data(), text.size())) return std::nullopt;
    return text;
  }

  template <typename Entry>
  std::vector<Entry> entries_of(const Elf64_Shdr& section) const {
    std::vector<Entry> entries(std::min<std::uint64_t>(section.sh_size, k_most_read) /
                               sizeof(Entry));
    const std::size_t size = entries.size() * sizeof(Entry);
    if (!read_at(file_.get(), section.sh_offset, entries.data(), size)) entries.clear();
    return entries;
  }

  // A file may have several sections of one name.
  bool has(std::string_view name, std::string_view text) const override {
    return std::ranges::any_of(sections_, [&](const Elf64_Shdr& section) {
      return is_named(section, name) && section_holds(section, text);
    });
  }

 private:
  explicit ElfFile(UniqueFd file) : file_(std::move(file)) {}

  bool is_named(const Elf64_Shdr& section, std::string_view name) const {
    return section.sh_type != SHT_NOBITS && section.sh_name < names_.size() &&
           std::string_view(names_.c_str() + section.sh_name) == name;
  }

  bool section_holds(const Elf64_Shdr& section, std::string_view text) const {
    const std::uint64_t size = std::min<std::uint64_t>(section.sh_size, k_most_read);
    std::vector<char> piece;
    // Pieces overlap, so that a text across two of them is found.
    for (std::uint64_t at = 0; at + text.size() <= size; at += k_piece) {
      piece.resize(std::min<std::uint64_t>(size - at, k_piece + text.size()));
      if (!read_at(file_.get(), section.sh_offset + at, piece.data(), piece.size())) return false;
      if (::memmem(piece.data(), piece.size(), text.data(), text.size()) != nullptr) return true;
    }
    return false;
  }

  bool read_table() {
    Elf64_Ehdr header{};
    if (!read_at(file_.get(), 0, &header, sizeof header) || !is_readable_elf(header)) return false;
    sections_.resize(header.e_shnum);
    const std::size_t size = sections_.size() * sizeof(Elf64_Shdr);
    if (!read_at(file_.get(), header.e_shoff, sections_.data(), size)) return false;
    const Elf64_Shdr& table = sections_[header.e_shstrndx];
    names_.resize(std::min<std::uint64_t>(table.sh_size, k_longest_names));
    return read_at(file_.get(), table.sh_offset, names_.data(), names_.size());
  }

  UniqueFd file_;
  std::vector<Elf64_Shdr> sections_;
  std::string names_;
};

// Returns the text that begins at `at` in a table of null-terminated texts.
std::string text_at(const std::string& texts, std::uint64_t at) {
  return at < texts.size() ? std::string(texts.c_str() + at) : std::string();
}

constexpr std::size_t k_longest_list = 4UL * 1024 * 1024;
constexpr std::array<std::string_view, 4> k_system_directories{"/lib/", "/lib64/", "/usr/lib/",
                                                               "/usr/lib64/"};

bool is_in_system(std::string_view path) {
  return std::ranges::any_of(k_system_directories,
                             [&](std::string_view one) { return path.starts_with(one); });
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

void replace_all(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
}

std::string first_taking(const std::vector<std::string>& imports) {
  const auto found = std::ranges::find_if(imports, takes_rights_away);
  return found != imports.end() ? "imports " + *found : std::string();
}

// The lines of /proc/<pid>/status that say what a process may do. In a user namespace of its own a
// guard has all capabilities, and its test loses them by exec(2) if it is not root. So those of
// other users do not count.
std::string rights_of(pid_t process) {
  constexpr std::array<std::string_view, 4> k_of_root{"Uid:", "Gid:", "Seccomp:", "CapEff:"};
  const std::span<const std::string_view> k_names =
      std::span(k_of_root).first(::geteuid() == 0 ? k_of_root.size() : k_of_root.size() - 1);
  const Result<std::string> status = read_file(in_proc(process, "status"));
  std::string rights;
  for (const std::string_view line : TextParts{status ? *status : std::string_view(), '\n'}) {
    const auto is_named = [&](std::string_view name) { return line.starts_with(name); };
    if (std::ranges::any_of(k_names, is_named)) rights.append(line).push_back('\n');
  }
  return rights.empty() ? rights : rights + read_link(in_proc(process, "ns/user"));
}

}  // namespace

bool elf_section_holds(const std::string& path, std::string_view section, std::string_view text) {
  const std::optional<ElfFile> file = ElfFile::open(path);
  return file && file->has(section, text);
}

std::optional<FrameworkKind> framework_of(const char* const* command) {
  // Nearly every batch of GoogleTest has a filter among its arguments, and its file need not be
  // read.
  if (has_googletest_argument(command)) return FrameworkKind::googletest;
  const std::optional<ElfFile> file = ElfFile::open(command[0]);
  return file ? framework_in(*file) : std::nullopt;
}

std::optional<ElfLinks> elf_links(const std::string& path) {
  const std::optional<ElfFile> file = ElfFile::open(path);
  if (!file) return std::nullopt;
  const Elf64_Shdr* const symbols = file->first_of(SHT_DYNSYM);
  const Elf64_Shdr* const dynamic = file->first_of(SHT_DYNAMIC);
  if (symbols == nullptr || dynamic == nullptr) return std::nullopt;
  const std::optional<std::string> names = file->texts_of(*symbols);
  const std::optional<std::string> texts = file->texts_of(*dynamic);
  if (!names || !texts) return std::nullopt;
  ElfLinks links;
  for (const Elf64_Sym& symbol : file->entries_of<Elf64_Sym>(*symbols)) {
    if (symbol.st_shndx != SHN_UNDEF || symbol.st_name == 0) continue;
    links.imports.push_back(text_at(*names, symbol.st_name));
  }
  for (const Elf64_Dyn& entry : file->entries_of<Elf64_Dyn>(*dynamic)) {
    if (entry.d_tag == DT_NULL) break;
    const std::string text = text_at(*texts, entry.d_un.d_val);
    if (entry.d_tag == DT_NEEDED) links.needed.push_back(text);
    if (entry.d_tag != DT_RUNPATH && entry.d_tag != DT_RPATH) continue;
    for (const std::string_view place : TextParts{text, ':'}) links.run_paths.emplace_back(place);
  }
  // A static program that may be loaded anywhere (-static-pie) has both sections, and no library.
  if (links.needed.empty()) return std::nullopt;
  return links;
}

// What is still to be read of one program, and where its libraries may be.
struct ProgramReader::Search {
  std::vector<std::string> directories = {};
  std::vector<std::string> needed = {};

  void add(const ElfLinks& links, const std::string& path) {
    for (std::string directory : links.run_paths) {
      replace_all(directory, "$ORIGIN", directory_of(path));
      replace_all(directory, "${ORIGIN}", directory_of(path));
      directories.push_back(std::move(directory));
    }
    for (const std::string& library : links.needed) {
      if (is_of_toolchain(library)) continue;
      if (!contains(needed, library)) needed.push_back(library);
    }
  }

  // Empty: it is in none of the directories.
  std::string path_of(const std::string& library) const {
    if (library.find('/') != std::string::npos) return library;
    for (const std::string& directory : directories) {
      std::string path = directory + "/" + library;
      if (::access(path.c_str(), F_OK) == 0) return path;
    }
    return {};
  }
};

TestProgram ProgramReader::read(const std::string& program) {
  const std::optional<ElfFile> file = ElfFile::open(program);
  if (!file || !has_googletest(*file)) return {};
  return {true, way_to_lose_rights(program)};
}

std::string ProgramReader::way_to_lose_rights(const std::string& program) {
  const std::optional<ElfLinks> links = elf_links(program);
  if (!links) return "is linked statically";
  std::string way = first_taking(links->imports);
  if (!way.empty()) return way;
  Search search;
  search.add(*links, program);
  return way_of_libraries(search);
}

// The libraries that a library needs come to the end of the list.
std::string ProgramReader::way_of_libraries(Search& search) {
  for (std::size_t next = 0; next < search.needed.size(); ++next) {
    const std::string library = search.needed[next];
    const std::string path = search.path_of(library);
    if (path.empty() || is_in_system(path)) {
      if (is_installed(library)) continue;
      return "needs " + library + ", which was not found";
    }
    const Library& found = library_at(path);
    if (!found.way.empty()) return "needs " + library + ", which " + found.way;
    search.add(found.links, path);
  }
  return {};
}

const ProgramReader::Library& ProgramReader::library_at(const std::string& path) {
  const auto known = std::ranges::find(libraries_, path, &Library::path);
  if (known != libraries_.end()) return *known;
  Library read{path, "cannot be read", {}};
  if (std::optional<ElfLinks> links = elf_links(path)) {
    read.way = first_taking(links->imports);
    read.links = std::move(*links);
    read.links.imports.clear();
  }
  return libraries_.emplace_back(std::move(read));
}

// The linker's list has null-terminated names and paths.
bool ProgramReader::is_installed(const std::string& library) {
  if (installed_.empty()) {
    if (Result<std::string> list = read_file("/etc/ld.so.cache", k_longest_list)) {
      installed_ = std::move(*list);
    }
  }
  const std::string name = library + '\0';
  const auto is_behind = [&](char before) {
    return installed_.find(before + name) != std::string::npos;
  };
  if (is_behind('/') || is_behind('\0')) return true;
  // A system without such a list, as one with musl.
  return std::ranges::any_of(k_system_directories, [&](std::string_view directory) {
    return ::access((std::string(directory) + library).c_str(), F_OK) == 0;
  });
}

bool has_other_rights(pid_t zombie) {
  const std::string its = rights_of(zombie);
  return !its.empty() && its != rights_of(::getpid());
}

}  // namespace holdfast::os
