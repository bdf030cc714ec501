// All locks that are in use, as this user sees them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/lock/lock_place.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/lock/lock_wait.hpp"
#include "os/lock/flock_holders.hpp"

namespace holdfast::os {

struct SurveyedLock {
  LockScope scope = LockScope::user;
  std::string scope_directory;  // `project-shop`: names the project or the tree
  std::string name;
  std::string below;  // the attempt below which the lock lies; empty: at the top
  std::vector<LockParty> holders;
  std::vector<LockParty> waiters;      // in the order of the queue
  std::size_t tickets = 0;             // all waiters, including those without a record
  std::vector<FlockHolder> strangers;  // holders by flock(2) without a record

  bool is_in_use() const { return !holders.empty() || tickets > 0 || !strangers.empty(); }
};

enum class Strangers { leave_out, look_for };

struct LockSurvey {
  std::vector<SurveyedLock> locks;
  std::vector<Error> unseen;  // what exists but we may not read; each text fits after "failed to"
};

// Returns the locks in the user's directory and in the machine's directory. Makes no file and takes
// no lock.
LockSurvey survey_all_locks(Strangers strangers);
// Returns the locks of survey_all_locks() without the errors.
std::vector<SurveyedLock> survey_locks(Strangers strangers);

// Returns the lock whose files are in this directory. None, with errno set: they cannot be opened.
std::optional<SurveyedLock> survey_lock(const std::string& directory, Strangers strangers);

// Returns the directories with files of the lock: `directory`, and those for runs inside its
// holders.
std::vector<std::string> levels_of(const std::string& directory);

// True: `attempt` still has the lock that it took below the attempt `level` (empty: at the top).
// Also true if we cannot tell: a holder left no record, or we may not open the file.
bool is_held_by(const std::string& attempt, const LockSpec& spec, const LockHome& home,
                const std::string& level);

}  // namespace holdfast::os
