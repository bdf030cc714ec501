// Which files under git's control change while the tests of a run run: git is asked before the
// first test and after the last one.
#pragma once

#include <string>

#include "base/process_name.hpp"
#include "base/result.hpp"

namespace holdfast::cli {

// Before the first test of `ctest`: remembers in the build tree which files differ from what is
// committed. Fails if git does not say so in time.
Result<void> look_at_tracked_files(const std::string& tree, const ProcessName& ctest);

// After the last test: adds what changed to the journal of the run of `ctest`. Does nothing if
// nobody looked before.
Result<void> record_changed_files(const std::string& tree, const ProcessName& ctest);

}  // namespace holdfast::cli
