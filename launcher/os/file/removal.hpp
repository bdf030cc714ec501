// Removes directories and everything that others have put into them. No other code does that.
//
// Hazards. A test may mount something valuable below its directory, or plant a link to it. So a
// directory is entered only if it is neither a link nor a mount. Device numbers do not show a
// mount, because a bind mount of the same file system has the same number (mount(8)). openat2(2)
// with RESOLVE_NO_XDEV refuses mounts. If openat2(2) is missing (Linux before 5.6, seccomp in
// containers), the mount ids of /proc/self/fdinfo (proc(5)) show mounts. If both are missing, no
// directory is entered. Nothing that is behind a mount is removed or changed.
#pragma once

#include <string>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

// In every `path` below, the last component must not be a link or a mount. No component after
// `.holdfast/runs/` may be a link or a mount either, and `.holdfast/runs` no link
// (os/file/own_files.hpp). Earlier components may be links and mounts.

// Opens the directory at `path`.
Result<UniqueFd> open_unmounted(const std::string& path);
// Opens the directory `name` below `above`; no component of `name` may be a link or a mount.
// Invalid, with errno set: it cannot be opened.
UniqueFd open_unmounted(const UniqueFd& above, const std::string& name);

// Removes everything in the directory at `path`, but not the directory. If something cannot be
// removed, everything else is still removed. The error names the first thing that stays, and says
// why ("/a/b: something is mounted there").
Result<void> empty_directory(const std::string& path);

// Does the same, and removes the directory itself. A missing directory is no error. Directories may
// be nested as deeply as they like.
Result<void> remove_directory(const std::string& path);
// Removes the directories at and below `path` that hold nothing but such directories and empty
// files.
void remove_empty_directories(const std::string& path);
// True: the file was written more than a day ago. If the clock was set back since then, the file
// seems younger than it is.
bool is_older_than_a_day(const std::string& file);
// Removes the directory `name` below `above`; `above_path` is for messages only.
Result<void> remove_directory(const UniqueFd& above, const std::string& above_path,
                              const std::string& name);

}  // namespace holdfast::os
