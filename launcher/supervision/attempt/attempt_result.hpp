// What an attempt comes to: of what was seen, or of why it never began.
#pragma once

#include <cstdint>

#include "core/outcome/supervision.hpp"
#include "core/settings/policy.hpp"
#include "supervision/base/records.hpp"
#include "supervision/locks/lock_taking.hpp"

namespace holdfast::supervision {

struct SeenAttempt {
  GuardReport report;
  SupervisionState state;
  bool guard_lost = false;
  OnLeak on_leak = OnLeak::kill;
  std::int64_t wall_us = 0;
};

AttemptResult result_of(const SeenAttempt& seen);

// Holdfast could not do its part.
AttemptResult own_failure(const Error& error);
// A signal (or ctest's death, as SIGTERM) came before the test was started.
AttemptResult not_begun(std::string note, int signal);
// Its locks cannot be had at all.
AttemptResult refused(std::string note);
// `locks` were not had, whatever the reason; `name` is the test's.
AttemptResult without_locks(const TakenLocks& locks, const std::string& name);

// To be called when the test is over and its locks are still held: if one of them was removed
// meanwhile, that is what the attempt came to.
void notice_lost_locks(const std::vector<os::LockRequest>& locks, const std::string& name,
                       AttemptResult& result);

}  // namespace holdfast::supervision
