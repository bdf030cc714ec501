// Finds the directory with the files of one lock, and keeps those files in place.
#pragma once

#include <string>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::os {

struct LockDirectory {
  UniqueFd directory;
  unsigned file_mode = 0600;
  // The user's directory, locked by a shared flock(2): systemd-tmpfiles(8) skips what is below a
  // locked directory. Invalid for a lock in the machine's directory, which nobody cleans.
  UniqueFd shelter;
};

// Opens the lock's directory, and makes what is missing. Refuses a directory into which another
// user could put something. If `attempt` is not empty, it is an attempt that holds the lock, and
// this function opens the directory in which runs inside that attempt take the lock.
Result<LockDirectory> open_lock_directory(const LockSpec& spec, const LockHome& home,
                                          const std::string& attempt);

// Returns the name that the directory for runs inside `attempt` has in the lock's directory.
std::string level_directory(const std::string& attempt);

// Removes such a directory, `name` in `parent`, unless anybody has or wants the lock in it.
void remove_level(const UniqueFd& parent, const std::string& name);

// Opens a file that processes lock, and makes the file if it is missing. A new file gets a second
// name (`<name>.spare`) in the same directory. If somebody removes the first name, the next process
// puts it back by the second name. Without a second name that process would make another file, and
// two processes could hold the lock.
Result<UniqueFd> open_lock_file(const UniqueFd& directory, const std::string& name, unsigned mode);

// True: `file` is still the file of that name.
bool has_name(const UniqueFd& file, const UniqueFd& directory, const std::string& name);

// True: `file` has the name, or can get it back because no file has it now. Nobody can then hold
// another file of that name.
bool is_found_by(const UniqueFd& file, const UniqueFd& directory, const std::string& name);

}  // namespace holdfast::os
