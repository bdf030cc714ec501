// Looks which file a program is: docs of the parts in core/base/program_identity.hpp.
#pragma once

#include <optional>
#include <string>

#include "core/base/program_identity.hpp"
#include "core/base/result.hpp"

namespace holdfast::os {

// Of the file at `path`, links followed. Reads no more of it than its build-id (the ELF note
// NT_GNU_BUILD_ID, elf(5)); a file that is no ELF program, or is broken, has none. Fails when there
// is no regular file that may be read; waits for nobody who opened a FIFO.
Result<ProgramIdentity> identify_program(const std::string& path);
// The same; nothing where it fails.
std::optional<ProgramIdentity> known_program(const std::string& path);

}  // namespace holdfast::os
