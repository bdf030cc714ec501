#include "core/settings/far_share.hpp"

namespace holdfast {

Policy take_far_share(Policy& near) {
  Policy far = near;
  // Another machine can keep these apart: they are taken where the test runs. All others are taken
  // where ctest runs.
  const auto is_far = [](const LockSpec& lock) {
    return lock.scope == LockScope::user || lock.scope == LockScope::machine;
  };
  std::erase_if(far.locks, [&](const LockSpec& lock) { return !is_far(lock); });
  std::erase_if(near.locks, is_far);
  near.ports = 0;
  far.engine = {};
  far.retry = {};
  far.hooks.on_failure.clear();
  far.needed_by_others = false;
  return far;
}

}  // namespace holdfast
