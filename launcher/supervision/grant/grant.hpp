// What this launcher has to do for its test: its names, policy and directory.
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
  std::string scratch;         // lent by the keeper, with nothing in it; no path: there is none
  std::string refusal;         // why the test must not run; empty: it may
  bool is_again = false;       // `ctest --repeat` has run the test before, if the keeper knows it
  bool is_googletest = false;  // the program is known to be a GoogleTest program
};

// Gets the grant from the keeper, to which `keeper` is then connected; otherwise makes one from the
// test's own properties by the same rules. Always returns one: a policy that cannot be resolved is
// a refusal. Says why there is no keeper where one was expected. Waits for the keeper's answer, a
// few seconds at most.
Grant seek_grant(const Invocation& invocation, const os::CallersSignals& callers,
                 KeeperLink& keeper);

}  // namespace holdfast::supervision
