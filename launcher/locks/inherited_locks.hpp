// Finds the locks of the attempts around this process if the environment does not name them. A test
// may have cleared HOLDFAST_HELD for what it starts (`env -i`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/process_name.hpp"
#include "os/lock/lock_survey.hpp"

namespace holdfast::supervision {

// Returns the text that HOLDFAST_HELD would have. The records of locks name their holders, which
// are launchers. A holder is around us if it is our ancestor: a launcher lives as long as its
// attempt has processes. If a PID namespace hides the launcher, our tag names its attempt. Reads
// all locks of this user, so only a process that has to wait anyway should call this.
std::string find_held_above();

// A process that looks for the attempts around it.
struct LockSeeker {
  std::uint64_t tag = 0;               // os::own_tag()
  std::string numbering;               // os::numbering_id()
  std::vector<ProcessName> ancestors;  // the nearest first
};

// Returns the same for `seeker`, from the records of `locks`.
std::string held_above_in(const std::vector<os::SurveyedLock>& locks, const LockSeeker& seeker);

}  // namespace holdfast::supervision
