#include "core/settings/far_share.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast {

Policy take_far_share(Policy& near) {
  Policy far = near;
  const auto is_far = [](const LockSpec& lock) { return is_far_scope(lock.scope); };
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
