// The scratch directory, which only one attempt uses, and the marker directory inside it, with the
// files that a test puts there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "values/marker.hpp"

namespace holdfast::os {

// Makes the directory `path` with mode 0700 and the marker directory inside it. Makes the directory
// above `path` if it is missing. Fails if `path` exists, because other files must not be taken for
// files of this attempt.
Result<void> make_scratch_directory(const std::string& path);

// Does the same for a directory that others may sweep. The directory is claimed until the returned
// descriptor and its duplicates are closed. The process number in the directory's name is no
// protection: in another PID namespace it is the number of another process.
Result<UniqueFd> make_claimed_scratch(const std::string& path);

// Removes the directory if nobody claims it and it is empty. Before, removes the test's own /tmp
// beside it and the link to it, if the launcher was killed or if no file is there: a launcher keeps
// a /tmp that processes still use. The caller knows that they have ended.
enum class FilesInTmp : std::uint8_t { none, some };
void sweep_empty_scratch(const std::string& path, FilesInTmp files);

// A test may leave any number of marker files; more than these are not read.
inline constexpr std::size_t k_most_marker_files = 64;

// What an attempt left in its scratch directory. Every attempt pays for look_into_scratch(), which
// therefore uses as few system calls as possible.
struct ScratchContent {
  bool is_as_made = false;   // both directories are ours, mode 0700 and empty
  bool holds_files = false;  // something lies beside the marker directory, or in its place
  UniqueFd markers;          // the marker directory; invalid: there is none
  std::vector<std::string> marker_files;  // at most k_most_marker_files
};
ScratchContent look_into_scratch(const std::string& path);

// Removes what is in the directory (os/file/removal.hpp) and makes the directory as new, marker
// directory included. Fails if something cannot be removed, such as files of another user or a
// mount.
Result<void> renew_scratch_directory(const std::string& path);

// Removes the marker directory and its content. To be called when the attempt is over.
Result<void> remove_marker_directory(const std::string& path);

// Does the same, and removes the scratch directory if nothing else is in it.
void remove_empty_scratch(const std::string& path);

// --- Marker files -----------------------------------------------------------------------------
//
// Such a file may be anything (a link, a FIFO), and may still change.

// Reads the first `limit` bytes of a file in the open directory. Follows no link and does not wait
// (for a FIFO). Refuses a file that is not ours, or that has a second name: it could be anybody's
// file. The error says what is wrong with the file, such as "is not a regular file".
Result<std::string> read_private_file(int directory, const std::string& name, std::size_t limit);

// Reads the files called `names`, for core to judge.
std::vector<MarkerFile> read_marker_files(int directory, const std::vector<std::string>& names);

// Leaves a marker for a process that cannot do that itself (a shell). Does not replace a marker.
Result<void> leave_marker(const std::string& directory, const Marker& marker);

}  // namespace holdfast::os
