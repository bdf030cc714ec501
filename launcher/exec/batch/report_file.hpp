// A file that a process of a batch was asked to leave in the attempt's marker directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::exec {

// Where it is to be; no path where there is no such directory.
std::string report_file_in(const std::string& markers, std::string_view name);

// Its text, 64 MiB at most. The file is taken away. None: there is none of ours.
std::optional<std::string> take_report_file(const std::string& markers, std::string_view name);

}  // namespace holdfast::exec
