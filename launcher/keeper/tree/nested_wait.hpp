// The wait for a build tree by a ctest that is inside a test. The wait is on record, as all such
// waits are, and the waiting ctest looks for circles of waits (core/lock/lock_cycle.hpp).
#pragma once

#include <optional>
#include <string>

#include "core/lock/lock_cycle.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {

class NestedWait {
 public:
  // Begins the wait. Nothing: the ctest is inside no test, so its wait holds nobody up; or the wait
  // cannot go on record, so nobody else could know of it. `self` is the ctest's record, with its
  // ticket, among those who wait for the tree.
  static std::optional<NestedWait> begin(const LockParty& self);

  // Returns when to look next, counted from the beginning of the wait.
  Milliseconds next() const { return watch_.next(); }

  // Describes the circle in which this ctest must go on without the tree. Empty: there is no
  // circle, another ctest must give way, or the circle is not certain yet.
  std::string look(Milliseconds since_start);

 private:
  NestedWait(LockParty self, os::UniqueFd waits)
      : self_(std::move(self)), waits_(std::move(waits)) {}

  LockParty self_;
  os::UniqueFd waits_;
  LockCycleWatch watch_;
};

// True: the waiter is an attempt of that run or inside one.
bool is_in_run(const LockParty& waiter, const std::string& run);

// True: this process has inherited the marks of an attempt, so it is inside a test.
bool is_inside_an_attempt(const LockParty& self);

}  // namespace holdfast
