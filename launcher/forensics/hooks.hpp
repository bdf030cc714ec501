// Runs the user's hooks (core/settings/policy.hpp): docs/reference/config.md, on-failure and
// before-kill.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/outcome/outcome.hpp"
#include "core/settings/policy.hpp"
#include "forensics/findings.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::forensics {

// The time for on-failure. before-kill gets as much of ctest's time as the caller can spare.
inline constexpr Milliseconds k_on_failure_time{30'000};

// What a hook is told about the attempt.
struct HookFacts {
  std::string hook;  // `on-failure`, `before-kill`
  std::string test;
  std::string run;
  std::string attempt_id;
  unsigned attempt = 1;  // from 1
  // Only for on-failure: at before-kill the test has not ended.
  std::optional<Outcome> outcome;
  ProcessEnd main;
  int process = 0;      // for before-kill: the test's main process
  std::string scratch;  // the attempt's directory; empty: none
  std::string output;   // the file with the attempt's captured output; empty: none
};

// Runs `command` with /bin/sh. The hook has the test's whole environment (`entries`), and a
// variable for each fact that is known and for nothing else: no such variable is empty, and it
// replaces one of the same name. 64 KiB of output are kept. Nothing of the hook survives its time.
os::BoundedOrder hook_order(const std::string& command, const HookFacts& facts,
                            const std::vector<std::string>& entries, Milliseconds time);

// What the hook printed, and how it ended if not with 0.
Finding hook_finding(const std::string& hook, const os::BoundedEnd& end, Milliseconds time);

}  // namespace holdfast::forensics
