// Runs the user's hooks: docs/reference/config.md, on-failure and before-kill.
#pragma once

#include <string>
#include <vector>

#include "core/settings/hook_environment.hpp"
#include "forensics/findings.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::forensics {

// Time for on-failure. before-kill has what the caller can spare of the time ctest gives.
inline constexpr Milliseconds k_on_failure_time{30'000};

// By /bin/sh, in the working directory of the test, with `environment` (the test's own, whole) and
// the facts, which win. Its output is kept back, 64 KiB of it; nothing of it survives its time.
os::BoundedOrder hook_order(const std::string& command, const HookFacts& facts,
                            const std::vector<std::string>& environment,
                            const std::string& directory, Milliseconds time);

// What it printed, and how it ended where that was not with 0.
Finding hook_finding(const HookFacts& facts, const os::BoundedEnd& end, Milliseconds time);

}  // namespace holdfast::forensics
