// What a program has in it, without running it.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::os {

// Whether the section of that name in a 64-bit ELF file of this machine's byte order holds the
// text. Reads that section only, at most 64 MiB of it. False for everything that is no such file,
// or was stripped of its section table.
bool elf_section_holds(const std::string& path, std::string_view section, std::string_view text);

}  // namespace holdfast::os
