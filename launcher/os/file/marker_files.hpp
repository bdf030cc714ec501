// Reads the files that a test has put into its marker directory. Such a file may be anything (a
// link, a FIFO), and may still change.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/outcome/marker.hpp"

namespace holdfast::os {

// Reads the first `limit` bytes of a file in the open directory. Follows no link and does not wait
// (for a FIFO). Refuses a file that is not ours, or that has a second name: it could be anybody's
// file. The error says what is wrong with the file, such as "is not a regular file".
Result<std::string> read_private_file(int directory, const std::string& name, std::size_t limit);

// Reads the files called `names`, for core to judge.
std::vector<MarkerFile> read_marker_files(int directory, const std::vector<std::string>& names);

// Leaves a marker for a process that cannot do that itself (a shell). Does not replace a marker.
Result<void> leave_marker(const std::string& directory, const Marker& marker);

}  // namespace holdfast::os
