#include "cli/watch/lock_waits.hpp"

namespace holdfast::cli {

LockWait wait_of(std::string_view attempt, std::int64_t launcher,
                 const std::vector<os::SurveyedLock>& locks) {
  for (const os::SurveyedLock& lock : locks) {
    for (const LockParty& waiter : lock.waiters) {
      if (waiter.attempt != attempt || waiter.process.pid != launcher) continue;
      return {lock.name + "@" + std::string(name_of(lock.scope)),
              lock.holders.empty() ? std::string() : lock.holders.front().test};
    }
  }
  return {};
}

}  // namespace holdfast::cli
