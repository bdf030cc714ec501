// What this launcher is to do for its test: the names, the policy and the directory that it has.
#pragma once

#include <string>

#include "core/lock/lock_place.hpp"
#include "core/settings/policy.hpp"
#include "os/signal/signals.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::supervision {

struct Grant {
  AttemptIdentity identity;  // of the first attempt
  std::string run;
  LockHome home;
  Policy policy;
  std::string scratch;    // lent by the keeper, empty; no path: there is none
  std::string refusal;    // not empty: the test must not run, and why
  bool is_again = false;  // `ctest --repeat` has run the test before, as far as the keeper knows
  bool is_googletest = false;  // the program is known to be one
};

// From the keeper, which resolves for its run and is connected to `keeper` here; else by the test's
// own properties and the same rules. Always gives one: a policy that cannot be had is a refusal.
// Says why there is no keeper, where one was expected. Blocks for its answer, a few seconds at
// most.
Grant seek_grant(const Invocation& invocation, const os::CallersSignals& callers,
                 KeeperLink& keeper);

}  // namespace holdfast::supervision
