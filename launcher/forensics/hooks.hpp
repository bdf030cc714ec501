// Runs the user's hooks: docs/reference/config.md, on-failure and before-kill.
#pragma once

#include <string>
#include <vector>

#include "forensics/findings.hpp"
#include "forensics/hook_environment.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::forensics {

// The time for on-failure. before-kill gets as much of ctest's time as the caller can spare.
inline constexpr Milliseconds k_on_failure_time{30'000};

// Runs `command` with /bin/sh in `directory`, the test's working directory. The hook has the test's
// whole `environment` and the facts; a fact replaces a variable of the same name. 64 KiB of output
// are kept. Nothing of the hook survives its time.
os::BoundedOrder hook_order(const std::string& command, const HookFacts& facts,
                            const std::vector<std::string>& environment,
                            const std::string& directory, Milliseconds time);

// What the hook printed, and how it ended if not with 0.
Finding hook_finding(const HookFacts& facts, const os::BoundedEnd& end, Milliseconds time);

}  // namespace holdfast::forensics
