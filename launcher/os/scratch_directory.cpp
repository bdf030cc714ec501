#include "os/scratch_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "os/system_call.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::os {
namespace {

// A test can nest directories deeper than we have descriptors.
constexpr int k_deepest = 256;
// What getdents64(2) returns for `.` and `..` alone.
constexpr long k_size_of_no_entries = 48;

bool is_self_or_parent(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

// Empties the open directory; takes over `directory`.
bool empty_directory(UniqueFd directory, dev_t device, int depth) {
  struct stat info {};
  if (depth > k_deepest || ::fstat(directory.get(), &info) != 0 || info.st_dev != device) {
    return false;
  }
  const int fd = directory.get();
  // What a test made unwritable for itself is its own to remove all the same.
  if ((info.st_mode & S_IRWXU) != S_IRWXU) ::fchmod(fd, info.st_mode | S_IRWXU);
  DIR* entries = ::fdopendir(directory.release());
  if (entries == nullptr) return false;
  bool emptied = true;
  while (const dirent* entry = ::readdir(entries)) {
    if (is_self_or_parent(entry->d_name)) continue;
    if (::unlinkat(fd, entry->d_name, 0) == 0) continue;
    ::fchmodat(fd, entry->d_name, S_IRWXU, AT_SYMLINK_NOFOLLOW);
    UniqueFd below(::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    emptied = below.valid() && empty_directory(std::move(below), device, depth + 1) &&
              ::unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0 && emptied;
  }
  ::closedir(entries);
  return emptied;
}

}  // namespace

Result<void> make_scratch_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno == ENOENT) {
    const std::string above = path.substr(0, path.rfind('/'));
    if (::mkdir(above.c_str(), 0755) != 0 && errno != EEXIST) return system_error("make " + above);
    if (::mkdir(path.c_str(), 0700) == 0) return {};
  }
  return system_error("make " + path);
}

bool is_pristine(const std::string& path) {
  const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!directory.valid() || ::fstat(directory.get(), &info) != 0) return false;
  if (info.st_uid != ::geteuid() || (info.st_mode & 07777U) != 0700) return false;
  alignas(8) char entries[512];
  const long got = ::syscall(SYS_getdents64, directory.get(), entries, sizeof entries);
  return got == k_size_of_no_entries;
}

bool empty_scratch_directory(const std::string& path) {
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!directory.valid() || ::fstat(directory.get(), &info) != 0) return false;
  if (!empty_directory(std::move(directory), info.st_dev, 0)) return false;
  return ::chmod(path.c_str(), 0700) == 0 && is_pristine(path);
}

}  // namespace holdfast::os
