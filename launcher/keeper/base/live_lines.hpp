// ctest's stderr, for lines that are to be read while the tests run.
//
// Hazards. A descriptor of ctest's that outlives ctest blocks `ctest | cat` and `out=$(ctest)` for
// as long as it is open, and a terminal or pipe that nobody reads blocks who writes. So it is
// opened for one line, written without waiting, and closed; only KeptStderr holds it, until ctest
// has ended.
#pragma once

#include <string_view>

#include "core/base/process_name.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

// Opens stderr of the living process `ctest`; invalid when that cannot be done.
os::UniqueFd open_stderr_of(const ProcessName& ctest);

// Writes a line, as it is shown, to `target` at once, without waiting: false when it does not fit
// into a full pipe, and is lost. A terminal that is busy with another writer is waited for.
bool write_live_line(const os::UniqueFd& target, std::string_view line);

}  // namespace holdfast
