// The environment of one attempt's test: what it inherits and what Holdfast adds
// (docs/reference/environment.md).
#pragma once

#include <string>
#include <vector>

#include "core/base/test_environment.hpp"
#include "core/lock/held_locks.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/grant/grant.hpp"
#include "supervision/locks/taken_locks.hpp"

namespace holdfast::supervision {

struct AttemptFacts {
  const Grant& grant;
  const HeldLocks& above;                 // what ancestors hold
  const TakenLocks& locks;                // what the attempt itself holds
  const std::vector<Variable>& services;  // what its services tell
  const std::string& scratch;             // its scratch directory; empty: none
};

// The result is valid as long as the invocation's environment.
TestEnvironment attempt_environment(const Invocation& invocation, const AttemptFacts& facts);

}  // namespace holdfast::supervision
