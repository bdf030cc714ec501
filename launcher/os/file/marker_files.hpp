// Reading what a test has put into its marker directory: anything, and perhaps still being changed.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/outcome/marker.hpp"

namespace holdfast::os {

// A file of ours in the open directory, its first `limit` bytes. Follows no link, waits for nobody
// (a FIFO), and reads no file that has another name somewhere: it may be anybody's. The error is
// what is wrong with the file: "is not a regular file".
Result<std::string> read_private_file(int directory, const std::string& name, std::size_t limit);

// Those of `names`, for core to judge.
std::vector<MarkerFile> read_marker_files(int directory, const std::vector<std::string>& names);

// For a process that cannot do it itself (a shell). One that has its marker already keeps it.
Result<void> leave_marker(const std::string& directory, const Marker& marker);

}  // namespace holdfast::os
