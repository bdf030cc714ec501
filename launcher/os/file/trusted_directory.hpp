// Directories in which nobody else can put anything: where locks and sockets live.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// `/tmp/holdfast-<uid>`, by the effective user.
std::string user_directory_path();

// Opens the user's directory, making it with mode 0700 if it is not there. Refuses one that is not
// a directory (a planted symbolic link), belongs to another user, or that others may enter.
Result<UniqueFd> open_user_directory();

// Opens the machine's directory. Refuses one that is not root's: the owner of a directory can
// replace any file in it, sticky bit or not, and two processes would hold one lock.
Result<UniqueFd> open_machine_directory();

// Where it is, for people; empty where /proc does not tell.
std::string path_of(const UniqueFd& directory);

// Opens the directory `name` below `parent`; never follows a link.
Result<UniqueFd> open_existing_below(const UniqueFd& parent, const std::string& name);
// The same, making it with `mode` (regardless of the umask) if it is not there.
Result<UniqueFd> open_below(const UniqueFd& parent, const std::string& name, unsigned mode);

// While it lives, files and directories are made with exactly the mode that is asked for: a mode
// that is mended afterwards would be wrong for an instant, in which another process gets EACCES.
// The umask belongs to the whole process, which must have one thread.
class ExactModes {
 public:
  ExactModes();
  ~ExactModes();
  ExactModes(const ExactModes&) = delete;
  ExactModes& operator=(const ExactModes&) = delete;

 private:
  unsigned umask_;
};

// Opens a regular file for reading and writing, making it with `mode` (regardless of the umask) if
// it is not there. Refuses links, FIFOs, devices. Does not block, does not follow.
Result<UniqueFd> open_regular(const UniqueFd& directory, const std::string& name, unsigned mode);
// The same, making nothing.
Result<UniqueFd> open_existing_regular(const UniqueFd& directory, const std::string& name);

}  // namespace holdfast::os
