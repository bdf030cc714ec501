// Reads and writes files: whole small files, and pieces of large files. Makes small files in memory
// (memfd_create(2)), by which a process gives data to the program that it becomes or starts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

// Reads at most `limit` bytes, by read(2) until the end. Meant for /proc and what the user names;
// read_own() is for our own files (os/file/own_files.hpp).
Result<std::string> read_file(const std::string& path, std::size_t limit = 64 * 1024);

// Returns the path to which a symbolic link leads; empty, with errno set: the link cannot be read.
std::string read_link(const std::string& path);

// Returns the path of the working directory; empty: it has none any more, or it cannot be told.
std::string working_directory();

// Returns what comes after `label` in the first line that has it; empty: none has it.
std::string_view rest_of_line(std::string_view text, std::string_view label);

// The next three functions return false, with errno set, if they fail. Reads the rest of `file`, at
// most `limit` bytes, and replaces `text` by it.
bool read_all(int file, std::string& text, std::size_t limit = std::string::npos);
// Reads exactly `size` bytes. Also fails if the file ends before that.
bool read_at(int file, std::uint64_t offset, void* into, std::size_t size);
bool write_all(int file, std::string_view text);

// Makes an empty file in `directory`, for reading and writing. It has no name, so it is gone when
// its descriptor is closed.
Result<UniqueFd> nameless_file(const std::string& directory);

// Makes a file in memory with `text` in it, to be read from its beginning. It survives execve(2).
Result<UniqueFd> memory_file(std::string_view text);
// Reads such a file from its beginning, even if some of it was read before. Fails for a descriptor
// that cannot seek.
Result<std::string> read_memory_file(int fd);

}  // namespace holdfast::os
