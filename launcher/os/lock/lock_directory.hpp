// Where the files of one lock are, and that they stay there.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/lock/lock_place.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

struct LockDirectory {
  UniqueFd directory;
  unsigned file_mode = 0600;
  // The user's directory with a shared flock(2) on it: systemd-tmpfiles(8) passes by what is below
  // a locked directory. Invalid for the machine's, which nobody cleans.
  UniqueFd shelter;
};

// Opens it, making what is missing. Refuses what another user could put something into. `attempt`,
// unless empty: the directory in which inner runs of that attempt take the lock it holds.
Result<LockDirectory> open_lock_directory(const LockSpec& spec, const LockHome& home,
                                          const std::string& attempt);

// The name of that one, in the lock's.
std::string level_directory(const std::string& attempt);

// Removes that one, where it is in `parent` under this name. Not while anybody has or wants the
// lock that is in it.
void remove_level(const UniqueFd& parent, const std::string& name);

// Opens a file that processes lock, making it if it is not there. A new one gets a second name
// beside it (`<name>.spare`): should the first be removed, the next to come puts it back instead of
// making another file, which two could hold.
Result<UniqueFd> open_lock_file(const UniqueFd& directory, const std::string& name, unsigned mode);

// Whether `file` still is the file of that name.
bool has_name(const UniqueFd& file, const UniqueFd& directory, const std::string& name);

// The same, or it can be put back under that name: nobody else can hold another file of it.
bool is_found_by(const UniqueFd& file, const UniqueFd& directory, const std::string& name);

}  // namespace holdfast::os
