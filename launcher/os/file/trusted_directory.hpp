// Who may own what this process relies on, and directories into which nobody else can put anything;
// locks and sockets live there.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

// Who may own what this process relies on. Whoever owns a file decides what is in it, and whoever
// owns a link decides which file is meant.

// True: this user or root, who may do whatever this process may.
inline bool is_trusted_owner(uid_t owner) { return owner == 0 || owner == ::geteuid(); }

// True: one of these two, or `besides`: who owns the directory or the build tree that it is in, and
// can put anything there.
inline bool is_trusted_owner(uid_t owner, uid_t besides) {
  return owner == besides || is_trusted_owner(owner);
}

// Returns `/tmp/holdfast-<uid>`, for the effective user.
std::string user_directory_path();

// Opens the user's directory, and makes it with mode 0700 if it is missing. Refuses it if it is not
// a directory (a planted symbolic link), belongs to another user, or lets others in.
Result<UniqueFd> open_user_directory();
// Does the same, but makes nothing; errno is ENOENT if it is missing.
Result<UniqueFd> open_existing_user_directory();

// Says what is wrong with the user's directory; a missing one is right.
Result<void> check_user_directory();

// Opens the machine's directory. Refuses it if it is not root's. The owner of a directory can
// replace any file in it, even with the sticky bit, so two processes could hold one lock.
Result<UniqueFd> open_machine_directory();

// Returns the directory's path, for messages; empty: /proc does not tell.
std::string path_of(const UniqueFd& directory);

// Opens the directory `name` below `parent`; never follows a link.
Result<UniqueFd> open_existing_below(const UniqueFd& parent, const std::string& name);
// Does the same, but makes the directory with `mode` (regardless of the umask) if it is missing.
Result<UniqueFd> open_below(const UniqueFd& parent, const std::string& name, unsigned mode);

// While an object of this class lives, new files and directories get exactly the mode that is asked
// for. If we corrected the mode afterwards, another process could get EACCES in between. The umask
// belongs to the whole process, so the process must have one thread.
class ExactModes {
 public:
  ExactModes();
  ~ExactModes();
  ExactModes(const ExactModes&) = delete;
  ExactModes& operator=(const ExactModes&) = delete;

 private:
  unsigned umask_;
};

// Opens a regular file for reading and writing. Makes the file with `mode` (regardless of the
// umask) if it is missing. Refuses links, FIFOs, devices, and files of others than this user, root
// and the owner of the directory. Does not block.
Result<UniqueFd> open_regular(const UniqueFd& directory, const std::string& name, unsigned mode);
// Does the same, but makes nothing.
Result<UniqueFd> open_existing_regular(const UniqueFd& directory, const std::string& name);

// A directory that may be removed, or may be moved away from its path.

// As long as an object of this class lives, the kernel gives the directory's number to no other.
class HeldDirectory {
 public:
  static Result<HeldDirectory> open(const std::string& path);

  // True: nothing is at the path, or something else is. An error of another kind, such as that of a
  // file system that does not answer, says nothing.
  bool is_gone() const;
  // True: it has no entry of that name.
  bool lacks(const std::string& name) const;

 private:
  std::string path_;
  UniqueFd held_;
};

// openat2(2), which the headers of some C libraries lack.

// What no component of the path may be.
inline constexpr std::uint64_t k_no_mounts = 0x01;
inline constexpr std::uint64_t k_no_symlinks = 0x04;

// Opens `path` below `above`. Invalid, with errno set: it cannot be opened, or has what `resolve`
// forbids.
inline UniqueFd open_resolved(int above, const char* path, int flags, unsigned mode,
                              std::uint64_t resolve) {
  constexpr long k_openat2 = 437;
  struct HowToOpen {
    std::uint64_t flags = 0;
    std::uint64_t mode = 0;
    std::uint64_t resolve = 0;
  };
  const HowToOpen how{static_cast<std::uint64_t>(static_cast<unsigned>(flags)), mode, resolve};
  return UniqueFd(static_cast<int>(::syscall(k_openat2, above, path, &how, sizeof how)));
}

// To be asked when it has failed. EPERM comes from a seccomp filter that does not know the call: it
// never comes from the open itself.
inline bool lacks_openat2() { return errno == ENOSYS || errno == EPERM; }

// Reads directories with as few system calls as there can be. opendir(3) would allocate memory for
// each.

// Opens a directory that is no link. Invalid, with errno set: it cannot be opened. With musl open()
// makes a second system call for O_CLOEXEC, and openat() does not.
inline UniqueFd open_directory(int above, const char* path) {
  return UniqueFd(::openat(above, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// How many bytes getdents64(2) returns for an empty directory.
inline constexpr long k_size_of_no_entries = 48;

// Calls `use` with each name except `.` and `..`, until `use` returns false. An answer of at most
// `usual` bytes counts as the last one, which saves a call that would only confirm it. 0: for
// directories of any file system, as some give one entry at a time.
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

// Returns them in order.
std::vector<std::string> names_in(const UniqueFd& directory);

}  // namespace holdfast::os
