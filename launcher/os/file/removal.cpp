#include "os/file/removal.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/names.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::os {
namespace {

// Each level that we are below the first takes a descriptor, and a program that a test leaves
// behind can nest directories more deeply than we have descriptors, or than a path can be long.
constexpr int k_deepest = 64;

constexpr int k_not_to_be_told = EOPNOTSUPP;

const char* describe(int error) {
  switch (error) {
    case k_not_to_be_told:
      return "it cannot be told whether something is mounted there";
    case EXDEV:
    case EBUSY:
      return "something is mounted there";
    case ELOOP:
      return "a symbolic link is there";
    case EPERM:
      return "not permitted: another user's directory or a link is on the way there, or an "
             "attribute "
             "of the file forbids it";
    default:
      return strerrordesc_np(error);
  }
}

// Returns the id of the mount on which the file lies. None: /proc does not tell.
std::optional<std::uint64_t> mount_id(int fd) {
  return number_in("/proc/self/fdinfo/" + std::to_string(fd), "mnt_id:\t");
}

// Invalid: `name` is a mount, or we cannot find out whether it is one.
UniqueFd open_by_mount_ids(int above, const char* name, int flags) {
  UniqueFd directory(::openat(above, name, flags));
  if (!directory.valid()) return directory;
  const std::optional<std::uint64_t> here = mount_id(directory.get());
  if (here && here == mount_id(above)) return directory;
  directory.reset();
  errno = here ? EXDEV : k_not_to_be_told;
  return directory;
}

UniqueFd open_on_this_mount(int above, const char* name, int how) {
  const int flags = how | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd directory = open_resolved(above, name, flags, 0, k_no_mounts | k_no_symlinks);
  if (!directory.valid() && lacks_openat2()) return open_by_mount_ids(above, name, flags);
  return directory;
}

// Opens a directory that a test has made unreadable or unwritable, so that it can be removed too.
// Changes the mode by a descriptor, so that something that is mounted there meanwhile keeps its
// mode.
UniqueFd open_closed(int above, const char* name) {
  const UniqueFd there = open_on_this_mount(above, name, O_PATH);
  if (!there.valid()) return UniqueFd();
  if (::chmod(("/proc/self/fd/" + std::to_string(there.get())).c_str(), S_IRWXU) != 0) {
    errno = EACCES;
    return UniqueFd();
  }
  return UniqueFd(::openat(there.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

UniqueFd open_to_empty(int above, const char* name) {
  UniqueFd directory = open_on_this_mount(above, name, O_RDONLY);
  if (!directory.valid() && errno == EACCES) return open_closed(above, name);
  struct stat info {};
  if (directory.valid() && ::fstat(directory.get(), &info) == 0 &&
      (info.st_mode & S_IRWXU) != S_IRWXU) {
    ::fchmod(directory.get(), info.st_mode | S_IRWXU);
  }
  return directory;
}

// The first thing that could not be removed, and why it stays. Converts to false if everything is
// gone.
struct Stays {
  std::string path;
  const char* why = nullptr;

  explicit operator bool() const { return why != nullptr; }
};

Stays stays(const char* name, int error) { return {std::string("/") + name, describe(error)}; }

// Two keepers may remove the same old run at once. ENOENT means that the other keeper was faster.
Stays stays_unless_gone(const char* name) { return errno == ENOENT ? Stays{} : stays(name, errno); }

// What is nested too deeply goes to the directory that is emptied, and is emptied from there.
class Heights {
 public:
  explicit Heights(int top) : top_(top) {}

  // To move a directory to another one, one must be allowed to write to it.
  bool raise(int above, const char* name) {
    (void)open_to_empty(above, name);
    do {
      const std::string raised = ".holdfast-" + std::to_string(++number_);
      if (::renameat(above, name, top_, raised.c_str()) == 0) return has_raised_ = true;
    } while (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR);
    return false;
  }

  bool take_raised() { return std::exchange(has_raised_, false); }

 private:
  int top_;
  unsigned number_ = 0;
  bool has_raised_ = false;
};

Stays empty(UniqueFd directory, int depth, Heights& heights);

Stays remove_entry(int above, const char* name, int depth, Heights& heights) {
  if (::unlinkat(above, name, 0) == 0) return {};
  // unlink(2) says EISDIR for a directory. With any other error `name` is no directory, and it
  // stays.
  if (errno != EISDIR) return stays_unless_gone(name);
  if (depth == k_deepest) return heights.raise(above, name) ? Stays{} : stays_unless_gone(name);
  UniqueFd below = open_to_empty(above, name);
  if (!below.valid()) return stays_unless_gone(name);
  if (Stays left = empty(std::move(below), depth + 1, heights)) {
    left.path.insert(0, std::string("/") + name);
    return left;
  }
  return ::unlinkat(above, name, AT_REMOVEDIR) == 0 ? Stays{} : stays_unless_gone(name);
}

Stays empty(UniqueFd directory, int depth, Heights& heights) {
  Stays first;
  do {
    first = {};
    ::lseek(directory.get(), 0, SEEK_SET);
    for_each_name(directory, 0, [&](const char* name) {
      Stays left = remove_entry(directory.get(), name, depth, heights);
      if (left && !first) first = std::move(left);
      return true;
    });
  } while (depth == 0 && heights.take_raised());
  return first;
}

Stays empty(UniqueFd directory) {
  Heights heights(directory.get());
  return empty(std::move(directory), 0, heights);
}

// An entry that is no directory and no empty file stays.
void remove_empty_below(int above, const char* name, int depth) {
  struct stat info {};
  if (::fstatat(above, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (S_ISREG(info.st_mode) && info.st_size == 0 && depth > 0) ::unlinkat(above, name, 0);
  if (!S_ISDIR(info.st_mode) || depth == k_deepest) return;
  const UniqueFd directory = open_on_this_mount(above, name, O_RDONLY);
  for (const std::string& entry : names_in(directory)) {
    remove_empty_below(directory.get(), entry.c_str(), depth + 1);
  }
  ::unlinkat(above, name, AT_REMOVEDIR);
}

struct Place {
  UniqueFd above;
  std::string path;  // the path of `above`, for messages
  std::string name;
};

// A run's directories are ours, but a test knows where they are. So we check that none of them has
// become a mount or a link. Those above them may be mounts, and ours may be no links either.
UniqueFd open_above(const std::string& path) {
  const std::string runs = "/" + std::string(names::k_runs_directory) + "/";
  const std::size_t at = path.rfind(runs);
  // Follows links and crosses mounts, because the path is the user's own.
  if (at == std::string::npos && !has_own_part(path)) {
    return UniqueFd(::openat(AT_FDCWD, path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  std::size_t from = at == std::string::npos ? path.size() + 1 : at + runs.size();
  Result<UniqueFd> own = open_own_directory(path.substr(0, from - 1));
  UniqueFd directory = own ? std::move(*own) : UniqueFd();
  while (directory.valid() && from < path.size()) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    directory = open_on_this_mount(directory.get(), path.substr(from, end - from).c_str(), O_PATH);
    from = end + 1;
  }
  return directory;
}

Place place_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? "." : path.substr(0, slash);
  return {open_above(slash == 0 ? "/" : above), above,
          path.substr(slash == std::string::npos ? 0 : slash + 1)};
}

Result<void> result_of(const std::string& above, const Stays& left) {
  if (!left) return {};
  return Error{"remove " + above + left.path + ": " + left.why};
}

}  // namespace

Result<UniqueFd> open_unmounted(const std::string& path) {
  const Place place = place_of(path);
  UniqueFd directory;
  if (place.above.valid()) directory = open_unmounted(place.above, place.name);
  if (!directory.valid()) return Error{"open " + path + ": " + describe(errno)};
  return directory;
}

UniqueFd open_unmounted(const UniqueFd& above, const std::string& name) {
  return open_on_this_mount(above.get(), name.c_str(), O_RDONLY);
}

Result<void> empty_directory(const std::string& path) {
  const Place place = place_of(path);
  UniqueFd directory;
  if (place.above.valid()) directory = open_to_empty(place.above.get(), place.name.c_str());
  if (!directory.valid()) return result_of(path, {"", describe(errno)});
  return result_of(path, empty(std::move(directory)));
}

Result<void> remove_directory(const UniqueFd& above, const std::string& above_path,
                              const std::string& name) {
  const auto remove = [&] { return ::unlinkat(above.get(), name.c_str(), AT_REMOVEDIR) == 0; };
  if (remove() || errno == ENOENT) return {};
  if (errno != ENOTEMPTY) return result_of(above_path, stays(name.c_str(), errno));
  UniqueFd directory = open_to_empty(above.get(), name.c_str());
  if (!directory.valid()) return result_of(above_path, stays_unless_gone(name.c_str()));
  if (const Stays left = empty(std::move(directory))) {
    return result_of(above_path + "/" + name, left);
  }
  if (remove()) return {};
  return result_of(above_path, stays_unless_gone(name.c_str()));
}

void remove_empty_directories(const std::string& path) {
  const Place place = place_of(path);
  if (place.above.valid()) remove_empty_below(place.above.get(), place.name.c_str(), 0);
}

bool is_older_than_a_day(const std::string& file) {
  constexpr std::int64_t k_day_s = 24 * 60 * 60;
  struct stat info {};
  return ::lstat(file.c_str(), &info) == 0 && unix_now_ms() / 1000 - info.st_mtim.tv_sec > k_day_s;
}

Result<void> remove_directory(const std::string& path) {
  const Place place = place_of(path);
  if (!place.above.valid()) return result_of(place.path, stays_unless_gone(place.name.c_str()));
  return remove_directory(place.above, place.path, place.name);
}

}  // namespace holdfast::os
