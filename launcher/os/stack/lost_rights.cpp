#include "os/stack/lost_rights.hpp"

#include <unistd.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"
#include "values/outcome.hpp"

namespace holdfast::os {
namespace {

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
  if (!holds_googletest(program)) return {};
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
