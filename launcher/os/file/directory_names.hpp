// Reads directories with as few system calls as there can be. opendir(3) would allocate memory for
// each.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Opens a directory that is no link. Invalid, with errno set: it cannot be opened. With musl open()
// makes a second system call for O_CLOEXEC, and openat() does not.
inline UniqueFd open_directory(int above, const char* path) {
  return UniqueFd(::openat(above, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// How many bytes getdents64(2) returns for an empty directory.
inline constexpr long k_size_of_no_entries = 48;

// Calls `use` with each name except `.` and `..`, until `use` returns false. If the first answer
// has at most `usual` bytes, it is complete, and a second call would only confirm that.
template <typename Use>
void for_each_name(const UniqueFd& directory, long usual, Use use) {
  // The form in which getdents64(2) fills a buffer; the null-terminated name follows.
  struct Entry {
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t length;
    std::uint8_t type;
  };
  constexpr std::size_t k_name_at = 19;
  alignas(8) char buffer[1024];
  while (true) {
    const long got = ::syscall(SYS_getdents64, directory.get(), buffer, sizeof buffer);
    for (long at = 0; at < got;) {
      Entry entry{};
      std::memcpy(&entry, buffer + at, k_name_at);
      const char* name = buffer + at + k_name_at;
      at += entry.length;
      const bool is_self_or_parent = std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
      if (!is_self_or_parent && !use(name)) return;
    }
    if (got <= usual) return;
  }
}

}  // namespace holdfast::os
