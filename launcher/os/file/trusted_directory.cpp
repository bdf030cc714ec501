#include "os/file/trusted_directory.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/names.hpp"

namespace holdfast::os {
namespace {

constexpr int k_file_flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

Error belongs_to(const std::string& path, uid_t user, const std::string& expected) {
  errno = EPERM;
  return Error{"use " + path + ": it belongs to user " + std::to_string(user) + "; expected " +
               expected};
}

// `file` is the result of an open, which has set errno if it failed. Only who owns the directory
// may own a file in it, besides root and this user.
Result<UniqueFd> checked(UniqueFd file, const UniqueFd& directory, const std::string& name) {
  if (!file.valid()) return system_error("open " + name);
  struct stat info {};
  struct stat above {};
  if (::fstat(file.get(), &info) != 0 || ::fstat(directory.get(), &above) != 0) {
    return system_error("examine " + name);
  }
  if (!S_ISREG(info.st_mode)) return Error{"use " + name + ": expected a regular file"};
  if (!is_trusted_owner(info.st_uid, above.st_uid)) {
    return belongs_to(name, info.st_uid, "the owner of its directory");
  }
  return file;
}

// `directory` is the result of an open of the user's directory.
Result<UniqueFd> checked_users(UniqueFd directory, const std::string& path) {
  const int number = errno;
  struct stat info {};
  // Somebody else's directory may not even let us open it.
  const bool is_seen = directory.valid() ? ::fstat(directory.get(), &info) == 0
                                         : number == EACCES && ::lstat(path.c_str(), &info) == 0;
  if (is_seen && info.st_uid != ::geteuid()) {
    return belongs_to(path, info.st_uid, "user " + std::to_string(::geteuid()));
  }
  if (!directory.valid()) {
    errno = number;
    return system_error("open the directory " + path);
  }
  if (!is_seen) return system_error("examine " + path);
  if ((info.st_mode & 0077U) != 0) {
    errno = EPERM;
    return Error{"use " + path + ": others may enter it; expected mode 0700"};
  }
  return directory;
}

// Opens the directory, and makes it if it is missing. Invalid, with errno set: it cannot be opened.
Result<UniqueFd> open_or_make(const std::string& path, mode_t mode) {
  UniqueFd directory = open_directory(AT_FDCWD, path.c_str());
  if (directory.valid() || errno != ENOENT) return directory;
  const ExactModes exact;
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return system_error("make " + path);
  return open_directory(AT_FDCWD, path.c_str());
}

}  // namespace

ExactModes::ExactModes() : umask_(::umask(0)) {}
ExactModes::~ExactModes() { ::umask(umask_); }

std::string user_directory_path() {
  return std::string(names::k_user_directory_prefix) + std::to_string(::geteuid());
}

Result<UniqueFd> open_user_directory() {
  const std::string path = user_directory_path();
  HOLDFAST_TRY(UniqueFd directory, open_or_make(path, 0700));
  return checked_users(std::move(directory), path);
}

Result<UniqueFd> open_existing_user_directory() {
  const std::string path = user_directory_path();
  return checked_users(open_directory(AT_FDCWD, path.c_str()), path);
}

Result<void> check_user_directory() {
  const Result<UniqueFd> directory = open_existing_user_directory();
  if (directory || errno == ENOENT) return {};
  return directory.error();
}

Result<UniqueFd> open_machine_directory() {
  const std::string path(names::k_machine_directory);
  // Only root can make the machine's directory.
  const bool may_make = ::geteuid() == 0;
  HOLDFAST_TRY(UniqueFd directory,
               may_make ? open_or_make(path, 0755) : open_directory(AT_FDCWD, path.c_str()));
  if (!directory.valid()) {
    Error error = system_error("open the directory of machine-wide locks, " + path);
    error.message += "; root makes it by: install -d " + path;
    return error;
  }
  struct stat info {};
  if (::fstat(directory.get(), &info) != 0) return system_error("examine " + path);
  if (info.st_uid != 0) return belongs_to(path, info.st_uid, "root");
  return directory;
}

std::string path_of(const UniqueFd& directory) {
  return read_link("/proc/self/fd/" + std::to_string(directory.get()));
}

Result<UniqueFd> open_existing_below(const UniqueFd& parent, const std::string& name) {
  UniqueFd directory = open_directory(parent.get(), name.c_str());
  if (!directory.valid()) return system_error("open the directory " + name);
  return directory;
}

Result<UniqueFd> open_below(const UniqueFd& parent, const std::string& name, unsigned mode) {
  Result<UniqueFd> directory = open_existing_below(parent, name);
  if (directory || errno != ENOENT) return directory;
  const ExactModes exact;
  if (::mkdirat(parent.get(), name.c_str(), mode) != 0 && errno != EEXIST) {
    return system_error("make the directory " + name);
  }
  return open_existing_below(parent, name);
}

Result<UniqueFd> open_regular(const UniqueFd& directory, const std::string& name, unsigned mode) {
  UniqueFd file(::openat(directory.get(), name.c_str(), k_file_flags));
  // O_CREAT is used only when the plain open finds no file. In a sticky directory,
  // fs.protected_regular refuses O_CREAT on an existing file of another user. The loop looks again
  // if somebody else makes or removes the file at the same time.
  for (int tries = 0; !file.valid() && errno == ENOENT && tries < 8; ++tries) {
    const ExactModes exact;
    file = UniqueFd(::openat(directory.get(), name.c_str(), k_file_flags | O_CREAT | O_EXCL, mode));
    if (!file.valid() && errno == EEXIST) {
      file = UniqueFd(::openat(directory.get(), name.c_str(), k_file_flags));
    }
  }
  return checked(std::move(file), directory, name);
}

Result<UniqueFd> open_existing_regular(const UniqueFd& directory, const std::string& name) {
  return checked(UniqueFd(::openat(directory.get(), name.c_str(), k_file_flags)), directory, name);
}

std::vector<std::string> names_in(const UniqueFd& directory) {
  std::vector<std::string> names;
  for_each_name(directory, 0, [&](const char* name) {
    names.emplace_back(name);
    return true;
  });
  std::ranges::sort(names);
  return names;
}

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
  return id_of(held) != id_of(there);
}

bool HeldDirectory::lacks(const std::string& name) const {
  return ::faccessat(held_.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

}  // namespace holdfast::os
