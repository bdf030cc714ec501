// Small files in memory (memfd_create(2)), by which a process gives data to what it becomes or
// starts.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// A file with `text` in it, to be read from its beginning. It survives execve(2).
Result<UniqueFd> memory_file(std::string_view text);

// All of such a file, whatever was read of it before. Fails for a descriptor that cannot seek.
Result<std::string> read_memory_file(int fd);

}  // namespace holdfast::os
