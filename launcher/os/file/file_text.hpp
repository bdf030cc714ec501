// Reads and writes files: small ones whole, lines at the end, pieces of large ones, and small files
// in memory (memfd_create(2)), by which a process gives data to what it becomes or starts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Reads at most `limit` bytes, by read(2) until the end. Meant for /proc and our own small files.
Result<std::string> read_file(const std::string& path, std::size_t limit = 64 * 1024);

// Appends `text` by one write(2) to a file opened with O_APPEND, so that the lines of many
// processes never mix. Creates the file (0644). A short write (disk full) is an error, and the part
// that was written is taken back.
Result<void> append_line(const std::string& path, std::string_view text);

// Where a symbolic link leads; empty, with errno set, when it cannot be read.
std::string read_link(const std::string& path);

// The next three return false, with errno set, when they fail.
// Replaces `text` by what is left to read of `file`, but by `limit` bytes at most.
bool read_all(int file, std::string& text, std::size_t limit = std::string::npos);
// Reads exactly `size` bytes. A file that ends before them is a failure, too.
bool read_at(int file, std::uint64_t offset, void* into, std::size_t size);
bool write_all(int file, std::string_view text);

// A file in memory with `text` in it, to be read from its beginning. It survives execve(2).
Result<UniqueFd> memory_file(std::string_view text);
// All of such a file, whatever was read of it before. Fails for a descriptor that cannot seek.
Result<std::string> read_memory_file(int fd);

}  // namespace holdfast::os
