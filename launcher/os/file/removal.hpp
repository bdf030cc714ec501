// Removing directories with what others have put there: the one place that does so.
//
// Hazards. A test mounts what is dear to somebody below its directory, or plants a link to it. So a
// directory is entered only where no mount and no link stands in between. Device numbers do not
// tell: a bind mount of the same file system has the same (mount(8)). openat2(2) does, with
// RESOLVE_NO_XDEV; where that is missing (Linux before 5.6, seccomp in containers) the mount ids of
// /proc/self/fdinfo (proc(5)); where both are, nothing is entered. What is on the far side of a
// mount is neither removed nor changed in any way.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Below, of a `path` no component behind `.holdfast/runs/` may be a link or a mount, and its last
// one never. Those before are followed as ever.

// Opens the directory at `path`.
Result<UniqueFd> open_unmounted(const std::string& path);
// That of the `name` below `above`, where no component may be either. Invalid with errno set.
UniqueFd open_unmounted(const UniqueFd& above, const std::string& name);

// Removes everything in the directory at `path`, which stays. The error names the first thing that
// could not be removed, and why ("/a/b: something is mounted there"); all that is beside it is
// gone.
Result<void> empty_directory(const std::string& path);

// The same, and the directory itself. It is no error when there is none.
Result<void> remove_directory(const std::string& path);
// That of the `name` below `above`, whose own path is for the words only.
Result<void> remove_directory(const UniqueFd& above, const std::string& above_path,
                              const std::string& name);

}  // namespace holdfast::os
