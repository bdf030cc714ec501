// What a program has in it, without running it.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::os {

// Whether the section of that name in a 64-bit ELF file of this machine's byte order holds the
// text. Reads that section only, at most 64 MiB of it. False for everything that is no such file,
// or was stripped of its section table.
bool elf_section_holds(const std::string& path, std::string_view section, std::string_view text);

// Whether a program has GoogleTest in it: linked into it, or a library that it is linked with, by
// its name, with the suffixes that builds give it. Debug sections, which may be a hundred times
// larger, are not looked at.
bool holds_googletest(const std::string& path);

}  // namespace holdfast::os
