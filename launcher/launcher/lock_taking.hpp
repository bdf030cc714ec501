// Taking an attempt's locks, one after the other in canonical order, telling every wait.
#pragma once

#include <cstdint>
#include <vector>

#include "core/held_locks.hpp"
#include "core/lock_wait.hpp"
#include "core/policy.hpp"
#include "launcher/surroundings.hpp"
#include "launcher/teller.hpp"
#include "os/lock_file.hpp"

namespace holdfast::launcher {

struct TakenLocks {
  std::vector<os::LockRequest> held;
  Milliseconds waited{0};
  enum class End : std::uint8_t { had, not_in_time, refused, interrupted } end = End::had;
  int signal = 0;       // with interrupted: the signal, or 0 when ctest died
  std::string trouble;  // one sentence, unless had
};

// The attempt for which locks are taken.
struct LockTaker {
  const LockHome& home;
  HeldLocks& above;  // with what is found out on the way
  const LockParty& self;
};

// Blocks until all are had, the policy's lock timeout is over, a signal that ends tests arrives, or
// ctest dies. What is not had is let go again.
TakenLocks take_locks(const Policy& policy, const LockTaker& taker, Surroundings& around,
                      KeeperLink& keeper, Teller& teller);

}  // namespace holdfast::launcher
