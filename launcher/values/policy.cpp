#include "values/policy.hpp"

#include <algorithm>

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

std::vector<Variable> default_environment() {
  return {{"PYTHONFAULTHANDLER", "1"},
          {"RUST_BACKTRACE", "1"},
          {"UBSAN_OPTIONS", "print_stacktrace=1"}};
}

bool may_use_idle_slots(const Policy& policy) {
  return policy.idle_slots && policy.ports == 0 &&
         std::ranges::all_of(policy.locks,
                             [](const LockSpec& lock) { return lock.mode == LockMode::shared; }) &&
         std::ranges::all_of(policy.services,
                             [](const ServiceUse& use) { return use.mode == ServiceMode::shared; });
}

}  // namespace holdfast
