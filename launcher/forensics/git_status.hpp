// What git says of the sources.
#pragma once

#include <string>
#include <string_view>

#include "forensics/findings.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::forensics {

os::BoundedOrder git_status_order(const std::string& directory, Milliseconds time);

Finding git_finding(const os::BoundedEnd& end, const std::string& directory, Milliseconds time);

// How many files in the output of `git status --porcelain=v1 -z` differ from what is committed,
// with the first ten. `cut`: the output went on. Pure.
std::string describe_git_status(std::string_view porcelain, bool cut);

}  // namespace holdfast::forensics
