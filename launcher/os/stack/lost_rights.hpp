// Finds out whether a program can lose rights that it had when it started, and whether a process
// has lost them. values/outcome.hpp says why that matters.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "os/stack/elf_text.hpp"
#include "values/framework.hpp"

namespace holdfast::os {

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
