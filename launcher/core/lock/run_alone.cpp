#include "core/lock/run_alone.hpp"

namespace holdfast {

LockSpec retry_alone_lock() {
  LockSpec lock;
  lock.name = k_retry_alone_lock;
  lock.mode = LockMode::shared;
  lock.scope = LockScope::build;
  return lock;
}

void have_to_itself(std::vector<LockSpec>& locks) {
  for (LockSpec& lock : locks) {
    if (lock.name == k_retry_alone_lock && lock.scope == LockScope::build) {
      lock.mode = LockMode::exclusive;
    }
  }
}

}  // namespace holdfast
