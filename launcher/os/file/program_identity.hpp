// Finds out which file a program is; base/process_name.hpp describes the parts.
#pragma once

#include <optional>
#include <string>

#include "base/program_identity.hpp"
#include "base/result.hpp"

namespace holdfast::os {

// Identifies the file at `path`. Follows links. Of the file's content it reads only the build-id
// (the ELF note NT_GNU_BUILD_ID, elf(5)). A broken file, or a file that is not an ELF program, has
// no build-id. Fails if there is no regular file that may be read. Never waits, even for a FIFO.
Result<ProgramIdentity> identify_program(const std::string& path);
// Returns the same; none: identify_program() fails.
std::optional<ProgramIdentity> known_program(const std::string& path);

// What a build tree says of its project: the file that CMake writes when Holdfast is attached
// (k_project_file of base/names.hpp).

// Returns the project's top directory, absolute. None: Holdfast is not attached there.
std::optional<std::string> source_of_tree(const std::string& tree);

}  // namespace holdfast::os
