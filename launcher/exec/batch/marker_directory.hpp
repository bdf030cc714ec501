// The files that the processes of a batch leave in the attempt's marker directory. Each of these
// functions takes the path of that directory; an empty path: there is none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/outcome/marker.hpp"

namespace holdfast::exec {

// Returns the path for a report that a process is asked to write; empty: there is no directory.
std::string report_file_in(const std::string& markers, std::string_view name);

// Reads such a report, 64 MiB at most, and removes the file. None: no process of ours has left one.
std::optional<std::string> take_report_file(const std::string& markers, std::string_view name);

// True: this process, a worker or the child of a case, has left its marker
// (docs/reference/marker-protocol.md). Removes the marker.
bool take_marker(const std::string& markers, const MarkerOwner& owner);

}  // namespace holdfast::exec
