// Directories into which nobody else can put anything; locks and sockets live there.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

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

}  // namespace holdfast::os
