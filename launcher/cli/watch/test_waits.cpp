#include "cli/watch/test_waits.hpp"

#include <algorithm>

namespace holdfast::cli {

TestWait wait_of(std::string_view attempt, std::int64_t launcher,
                 const std::vector<os::SurveyedLock>& locks,
                 const std::vector<ServiceWait>& services) {
  TestWait wait;
  for (const os::SurveyedLock& lock : locks) {
    for (const LockParty& waiter : lock.waiters) {
      if (waiter.attempt != attempt || waiter.process.pid != launcher) continue;
      wait.lock = lock.name + "@" + std::string(name_of(lock.scope));
      if (!lock.holders.empty()) wait.holder = lock.holders.front().test;
      return wait;
    }
  }
  const auto found = std::ranges::find(services, attempt, &ServiceWait::attempt);
  if (found == services.end()) return wait;
  wait.services = found->services;
  wait.why = found->why;
  return wait;
}

std::string subject_of(const TestWait& wait) {
  if (!wait.lock.empty()) return "lock " + wait.lock;
  const bool is_one = wait.services.find(',') == std::string::npos;
  return (is_one ? "service " : "services ") + wait.services;
}

}  // namespace holdfast::cli
