// The directory that one attempt has to itself, and in it the directory of its markers.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Makes `path` with mode 0700 and its marker directory; the directory above it is made too. Fails
// when it is there already: nobody else's files may be taken for this attempt's.
Result<void> make_scratch_directory(const std::string& path);

// The same for a directory that others may sweep: it is claimed until the descriptor and its
// duplicates are closed. Its name alone does not say who lives: in another PID namespace the number
// in it is somebody else's.
Result<UniqueFd> make_claimed_scratch(const std::string& path);

// Removes one that nobody claims, if nothing is in it.
void sweep_empty_scratch(const std::string& path);

// More are not read: a test may put any number there.
inline constexpr std::size_t k_most_marker_files = 64;

// What an attempt left there. One look, by as few system calls as can be: it is on the way of every
// attempt.
struct ScratchContent {
  bool is_as_made = false;   // both are ours, mode 0700, with nothing in them
  bool holds_files = false;  // something lies beside the marker directory, or in its place
  UniqueFd markers;          // the marker directory; invalid: it is gone, or is none
  std::vector<std::string> marker_files;  // at most k_most_marker_files
};
ScratchContent look_into_scratch(const std::string& path);

// Removes what is in it (os/file/removal.hpp) and makes it as new, marker directory included. Fails
// when something stays: files of another user, a mount.
Result<void> renew_scratch_directory(const std::string& path);

// Removes the marker directory with what is in it: an attempt that is over needs none.
Result<void> remove_marker_directory(const std::string& path);

// The same, and the directory itself if nothing else is in it.
void remove_empty_scratch(const std::string& path);

}  // namespace holdfast::os
