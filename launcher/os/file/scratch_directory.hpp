// The scratch directory, which one attempt has to itself, and the marker directory inside it.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Makes `path` with mode 0700, its marker directory, and the directory above it. Fails when `path`
// exists: files of somebody else must not be taken for this attempt's.
Result<void> make_scratch_directory(const std::string& path);

// The same for a directory that others may sweep. It is claimed until the descriptor and its
// duplicates are closed. The process number in its name does not protect it: in another PID
// namespace that number is another process.
Result<UniqueFd> make_claimed_scratch(const std::string& path);

// Removes the directory if nobody claims it and it is empty.
void sweep_empty_scratch(const std::string& path);

// A test may leave any number of marker files; more than these are not read.
inline constexpr std::size_t k_most_marker_files = 64;

// What an attempt left in its scratch directory. Every attempt pays for this look, so it uses as
// few system calls as possible.
struct ScratchContent {
  bool is_as_made = false;   // both directories are ours, mode 0700 and empty
  bool holds_files = false;  // something lies beside the marker directory, or in its place
  UniqueFd markers;          // the marker directory; invalid: there is none
  std::vector<std::string> marker_files;  // at most k_most_marker_files
};
ScratchContent look_into_scratch(const std::string& path);

// Removes what is in it (os/file/removal.hpp) and makes it as new, marker directory included. Fails
// when something cannot be removed, such as files of another user or a mount.
Result<void> renew_scratch_directory(const std::string& path);

// Removes the marker directory and its content, once the attempt is over.
Result<void> remove_marker_directory(const std::string& path);

// The same, and the scratch directory too if nothing else is in it.
void remove_empty_scratch(const std::string& path);

}  // namespace holdfast::os
