#include "cli/watch/test_waits.hpp"

#include <algorithm>

namespace holdfast::cli {

TestWait wait_of(std::string_view attempt, std::int64_t launcher,
                 const std::vector<os::SurveyedLock>& locks, const std::vector<LiveWait>& waits) {
  TestWait wait;
  for (const os::SurveyedLock& lock : locks) {
    for (const LockParty& waiter : lock.waiters) {
      if (waiter.attempt != attempt || waiter.process.pid != launcher) continue;
      wait.of = {wire::WaitFor::lock, lock.name + "@" + std::string(name_of(lock.scope))};
      if (!lock.holders.empty()) wait.holder = lock.holders.front().test;
      return wait;
    }
  }
  const auto found = std::ranges::find(waits, attempt, &LiveWait::attempt);
  if (found != waits.end()) wait.of = found->wait;
  return wait;
}

}  // namespace holdfast::cli
