// What git says of the sources.
#pragma once

#include <string>
#include <string_view>

#include "forensics/findings.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::forensics {

// Nothing is written (no index is refreshed on disk), nobody is asked for a password, no daemon is
// started.
os::BoundedOrder git_status_order(const std::string& directory, Milliseconds time);

Finding git_finding(const os::BoundedEnd& end, const std::string& directory, Milliseconds time);

// Of `git status --porcelain=v1 -z`: how many files are not as they were committed, and the first
// ten. `cut`: there was more of it. Pure.
std::string describe_git_status(std::string_view porcelain, bool cut);

}  // namespace holdfast::forensics
