// Directories into which nobody else can put anything; locks and sockets live there.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// `/tmp/holdfast-<uid>`, by the effective user.
std::string user_directory_path();

// Opens the user's directory, and makes it with mode 0700 if it is missing. Refuses one that is not
// a directory (a planted symbolic link), belongs to another user, or may be entered by others.
Result<UniqueFd> open_user_directory();

// Opens the machine's directory. Refuses one that is not root's: the owner of a directory can
// replace any file in it, sticky bit or not, and then two processes would hold one lock.
Result<UniqueFd> open_machine_directory();

// The directory's path, for messages; empty where /proc does not tell.
std::string path_of(const UniqueFd& directory);

// Opens the directory `name` below `parent`; never follows a link.
Result<UniqueFd> open_existing_below(const UniqueFd& parent, const std::string& name);
// The same, but makes it with `mode` (regardless of the umask) if it is missing.
Result<UniqueFd> open_below(const UniqueFd& parent, const std::string& name, unsigned mode);

// While an object lives, files and directories get exactly the mode that is asked for. A mode
// corrected afterwards would be wrong for an instant, in which another process gets EACCES. The
// umask belongs to the whole process, which must have one thread.
class ExactModes {
 public:
  ExactModes();
  ~ExactModes();
  ExactModes(const ExactModes&) = delete;
  ExactModes& operator=(const ExactModes&) = delete;

 private:
  unsigned umask_;
};

// Opens a regular file for reading and writing, and makes it with `mode` (regardless of the umask)
// if it is missing. Refuses links, FIFOs and devices. Does not block.
Result<UniqueFd> open_regular(const UniqueFd& directory, const std::string& name, unsigned mode);
// The same, but makes nothing.
Result<UniqueFd> open_existing_regular(const UniqueFd& directory, const std::string& name);

}  // namespace holdfast::os
