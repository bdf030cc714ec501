// The one place that removes directories with what others have put into them.
//
// Hazards. A test may mount something valuable below its directory, or plant a link to it. So a
// directory is entered only where no mount and no link is in between. Device numbers cannot show a
// mount: a bind mount of the same file system has the same number (mount(8)). openat2(2) with
// RESOLVE_NO_XDEV can. Where it is missing (Linux before 5.6, seccomp in containers), the mount ids
// of /proc/self/fdinfo (proc(5)) can. Where both are missing, nothing is entered. What is behind a
// mount is neither removed nor changed.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// In each `path` below, the last component may never be a link or a mount. Nor may any other
// component after `.holdfast/runs/`. The components before that are followed as usual.

// Opens the directory at `path`.
Result<UniqueFd> open_unmounted(const std::string& path);
// Opens the directory `name` below `above`; no component of `name` may be a link or a mount.
// Invalid, with errno set, where it fails.
UniqueFd open_unmounted(const UniqueFd& above, const std::string& name);

// Removes everything in the directory at `path`, but not the directory. The error names the first
// thing that could not be removed, and why ("/a/b: something is mounted there"). Everything else is
// removed all the same.
Result<void> empty_directory(const std::string& path);

// The same, and the directory itself. A missing directory is no error.
Result<void> remove_directory(const std::string& path);
// Removes the directory `name` below `above`; `above_path` serves for messages only.
Result<void> remove_directory(const UniqueFd& above, const std::string& above_path,
                              const std::string& name);

}  // namespace holdfast::os
