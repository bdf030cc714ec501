// A ctest inside a test that waits for a build tree: on record where others find all such waits,
// and on the look-out for a circle (core/lock/lock_cycle.hpp).
#pragma once

#include <optional>
#include <string>

#include "core/lock/lock_cycle.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

class NestedWait {
 public:
  // None for a ctest that is inside no test, and so keeps nobody from going on; nor where it cannot
  // be put on record, so that nobody else could know of it. `self` is its record among those who
  // wait for the tree, with its ticket.
  static std::optional<NestedWait> begin(const LockParty& self);

  // When to look next, in time since the wait began.
  Milliseconds next() const { return watch_.next(); }

  // The circle, in words, in which this ctest is the one to go on without the tree. Empty: there is
  // none, or somebody else is, or it is not certain yet.
  std::string look(Milliseconds since_start);

 private:
  NestedWait(LockParty self, os::UniqueFd waits)
      : self_(std::move(self)), waits_(std::move(waits)) {}

  LockParty self_;
  os::UniqueFd waits_;
  LockCycleWatch watch_;
};

// The marks of an attempt that this process has inherited: it is inside a test.
bool is_inside_an_attempt(const LockParty& self);

}  // namespace holdfast
