#include "core/settings/policy.hpp"

#include <algorithm>

namespace holdfast {

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
