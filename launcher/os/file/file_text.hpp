// Reads small files whole, and appends lines.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace holdfast::os {

// Reads at most `limit` bytes, by read(2) until the end. Meant for /proc and our own small files.
Result<std::string> read_file(const std::string& path, std::size_t limit = 64 * 1024);

// Appends `text` by one write(2) to a file opened with O_APPEND, so that the lines of many
// processes never mix. Creates the file (0644). A short write (disk full) is an error, and the part
// that was written is taken back.
Result<void> append_line(const std::string& path, std::string_view text);

}  // namespace holdfast::os
