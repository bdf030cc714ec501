#include "os/file/held_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/file/system_call.hpp"

namespace holdfast::os {

Result<HeldDirectory> HeldDirectory::open(const std::string& path) {
  HeldDirectory directory;
  directory.path_ = path;
  directory.held_ = UniqueFd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.held_.valid()) return system_error("open " + path);
  return directory;
}

// The numbers are compared anew each time: some file systems change them while they are mounted.
bool HeldDirectory::is_gone() const {
  struct stat held {};
  struct stat there {};
  if (::lstat(path_.c_str(), &there) != 0) return errno == ENOENT || errno == ENOTDIR;
  if (::fstat(held_.get(), &held) != 0) return false;
  return held.st_dev != there.st_dev || held.st_ino != there.st_ino;
}

bool HeldDirectory::lacks(const std::string& name) const {
  return ::faccessat(held_.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

}  // namespace holdfast::os
