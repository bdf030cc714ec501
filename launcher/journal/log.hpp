// Lets spdlog write the log of this process (os/log/log.hpp), and show lines of logs. This header
// has nothing of spdlog in it: only log.cpp includes it.
#pragma once

#include <string_view>

#include "base/log_line.hpp"

namespace holdfast {

// From now on this process is that part of Holdfast, and spdlog makes the lines of os::log(), with
// one logger for each part. Its errors are silent. Lines are held until os::begin_log() says where
// they go: what `holdfast begin` says before there is a run comes with the lines of the keeper,
// which is forked from it.
void log_by_spdlog(std::string_view part);

// Shows a line on stdout, with colours if it is a terminal.
void show_log_line(const LogLine& line);

}  // namespace holdfast
