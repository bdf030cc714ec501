// ctest's stderr, for lines that people read while the tests run.
//
// Hazards. A copy of ctest's stderr that outlives ctest blocks `ctest | cat` and `out=$(ctest)` for
// as long as it is open. A terminal or pipe that nobody reads blocks its writer. So each line opens
// stderr, writes without waiting, and closes it. Only RunLines may hold stderr open for longer,
// until ctest has ended.
#pragma once

#include <string_view>

#include "core/base/process_name.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

// Opens stderr of the living process `ctest`. The result is invalid if it cannot be opened.
os::UniqueFd open_stderr_of(const ProcessName& ctest);

// Writes `line` as it is. False: the line did not fit into the pipe and is lost. Waits only for a
// terminal that another writer keeps busy.
bool write_live_line(const os::UniqueFd& target, std::string_view line);

}  // namespace holdfast
