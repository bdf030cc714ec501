// A ctest inside a test must not wait for the run of that test, and its wait for any other run may
// be part of a circle of waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/process_name.hpp"
#include "journal/records.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/lock_cycle.hpp"

namespace holdfast {

// Returns the id of the run of `ctest` in `tree` if one of its tests has started this process,
// directly or through others; else empty. `ctest` is in the PID namespace `numbering`
// (os::numbering_id()). The answer comes from our ancestors. In a PID namespace of our own we
// cannot see that ctest, and the answer comes from the tag of an attempt that has not ended
// (base/process_name.hpp).
std::string run_around_us(const std::string& tree, const ProcessName& ctest,
                          const std::string& numbering);

// True: the records of a run say that an attempt with that tag has begun and not ended.
bool is_attempt_going_on(const std::vector<Record>& records, std::uint64_t tag);

// Returns the ids of the runs of `ctest` that `tree` has on record, the last one first. The last
// one may still go on.
std::vector<std::string> runs_of(const std::string& tree, const ProcessName& ctest,
                                 const std::string& numbering);

// The wait for a build tree by a ctest that is inside a test. The wait is on record, as all such
// waits are, and the waiting ctest looks for circles of waits (os/lock/lock_cycle.hpp).
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
