// Looks into a program without running it: what it contains, and whether it can lose rights that it
// had when it started. Also finds out whether a process has lost rights. values/outcome.hpp says
// why that matters.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "values/framework.hpp"

namespace holdfast::os {

// True: in a 64-bit ELF file of this machine's byte order, the section of that name holds the text.
// Reads at most 64 MiB of that section and nothing else. False for any other file, and for a file
// without its section table (stripped).
bool elf_section_holds(const std::string& path, std::string_view section, std::string_view text);

// The test framework of the command's program. An argument that only GoogleTest understands shows
// it, else what the program contains, or with whose library it is linked. None: nothing shows one.
// `command`: null-terminated. Debug sections, which may be a hundred times larger, are not
// searched.
std::optional<FrameworkKind> framework_of(const char* const* command);

// What the dynamic linker is told by a 64-bit ELF file.
struct ElfLinks {
  std::vector<std::string> imports;    // names of functions and data that others define
  std::vector<std::string> needed;     // names of libraries
  std::vector<std::string> run_paths;  // where to look for them first: `$ORIGIN/../lib`
};

// None: the file cannot be read, or it is linked statically.
std::optional<ElfLinks> elf_links(const std::string& path);

class ProgramReader {
 public:
  // Reads the program's file, and the libraries of its own. A program of which it cannot be known
  // whether it can lose rights is one that can. Libraries that are installed for the whole system
  // do not count. Each library is read once.
  TestProgram read(const std::string& program);

 private:
  struct Search;
  struct Library {
    std::string path;
    std::string way;  // how it takes rights away; empty: not at all
    ElfLinks links;
  };
  std::string way_to_lose_rights(const std::string& program);
  std::string way_of_libraries(Search& search);
  const Library& library_at(const std::string& path);
  bool is_installed(const std::string& library);

  std::vector<Library> libraries_;
  std::string installed_;  // the linker's list of the system's libraries
};

// Whether a child that has ended and was not waited for has other rights than this process: other
// ids, capabilities, a filter of system calls, another user namespace. False: it has not, or /proc
// does not show it.
bool has_other_rights(pid_t zombie);

}  // namespace holdfast::os
