// Finds the directory with the files of one lock, and keeps those files in place.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/lock/lock_place.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

struct LockDirectory {
  UniqueFd directory;
  unsigned file_mode = 0600;
  // The user's directory with a shared flock(2) on it: systemd-tmpfiles(8) skips what is below a
  // locked directory. Invalid for the machine's directory, which nobody cleans.
  UniqueFd shelter;
};

// Opens the lock's directory, and makes what is missing. Refuses a directory into which another
// user could put something. With an `attempt`, opens the directory in which inner runs of that
// attempt take the lock that it holds.
Result<LockDirectory> open_lock_directory(const LockSpec& spec, const LockHome& home,
                                          const std::string& attempt);

// The name of that directory for inner runs, inside the lock's directory.
std::string level_directory(const std::string& attempt);

// Removes that directory, `name` in `parent`, unless anybody has or wants the lock inside.
void remove_level(const UniqueFd& parent, const std::string& name);

// Opens a file that processes lock, and makes it if it is missing. A new file gets a second name
// beside it (`<name>.spare`). If the first name is removed, the next process puts it back.
// Otherwise it would make another file, and two could hold the lock.
Result<UniqueFd> open_lock_file(const UniqueFd& directory, const std::string& name, unsigned mode);

// Whether `file` is still the file of that name.
bool has_name(const UniqueFd& file, const UniqueFd& directory, const std::string& name);

// The same; or that name is missing and `file` can get it back, so that nobody else can hold
// another file of that name.
bool is_found_by(const UniqueFd& file, const UniqueFd& directory, const std::string& name);

}  // namespace holdfast::os
