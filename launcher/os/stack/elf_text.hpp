// Looks into a program without running it.
#pragma once

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

// True: the program contains GoogleTest, perhaps beside another framework.
bool holds_googletest(const std::string& path);

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

}  // namespace holdfast::os
