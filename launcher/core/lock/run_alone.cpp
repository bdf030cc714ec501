#include "core/lock/run_alone.hpp"

namespace holdfast {

LockSpec retry_alone_lock() {
  return {.name = k_retry_alone_lock, .mode = LockMode::shared, .scope = LockScope::build};
}

void have_to_itself(std::vector<LockSpec>& locks) {
  for (LockSpec& lock : locks) {
    if (lock.name == k_retry_alone_lock && lock.scope == LockScope::build) {
      lock.mode = LockMode::exclusive;
    }
  }
}

}  // namespace holdfast
