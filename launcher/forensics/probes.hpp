// All that is looked at when a test has failed for good. Never fails itself and never changes how
// the test ends: a probe that could not look says why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/duration.hpp"
#include "core/program_identity.hpp"
#include "forensics/findings.hpp"

namespace holdfast::forensics {

struct Subject {
  std::string program;                    // absolute; empty: not known, left out
  std::optional<ProgramIdentity> before;  // as the run, or the first attempt, knew it
  std::string sources;                    // a directory of the project; empty: git is left out
};

inline constexpr Milliseconds k_probe_time{2000};

// Probes run beside one another, each in a process of its own that is ended after `time`: takes
// hardly longer than that in all. Leaves no process.
std::vector<Finding> look_around(const Subject& subject, Milliseconds time = k_probe_time);

}  // namespace holdfast::forensics
