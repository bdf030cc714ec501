// Runs the user's hooks: docs/reference/config.md, on-failure and before-kill.
#pragma once

#include <string>
#include <vector>

#include "core/settings/hook_environment.hpp"
#include "forensics/findings.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::forensics {

// Time for on-failure. before-kill gets what the caller can spare of ctest's time.
inline constexpr Milliseconds k_on_failure_time{30'000};

// Runs `command` with /bin/sh in the test's working directory, with its whole `environment` and the
// facts, which win. Keeps 64 KiB of output. Nothing of the hook survives its time.
os::BoundedOrder hook_order(const std::string& command, const HookFacts& facts,
                            const std::vector<std::string>& environment,
                            const std::string& directory, Milliseconds time);

// What the hook printed, and how it ended if not with 0.
Finding hook_finding(const HookFacts& facts, const os::BoundedEnd& end, Milliseconds time);

}  // namespace holdfast::forensics
