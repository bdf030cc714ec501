// Finds what the attempts around this process hold where its environment does not say so: a test
// may have cleared HOLDFAST_HELD for what it starts (`env -i`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/process_name.hpp"
#include "os/lock/lock_survey.hpp"

namespace holdfast::supervision {

// Returns the text that HOLDFAST_HELD would have. Records of locks name the holders. A holder is
// around us if it is an ancestor: the launcher lives as long as its attempt has processes. Where a
// PID namespace hides the launcher, our attempt's tag tells it. Reads all locks of this user, so it
// is for those that have to wait anyway.
std::string find_held_above();

// A process that looks for the attempts around it.
struct LockSeeker {
  std::uint64_t tag = 0;               // os::own_tag()
  std::string boot;                    // os::boot_id()
  std::vector<ProcessName> ancestors;  // the nearest first
};

// The same for that process, from the records of these locks.
std::string held_above_in(const std::vector<os::SurveyedLock>& locks, const LockSeeker& seeker);

}  // namespace holdfast::supervision
