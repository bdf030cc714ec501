// Finds circles of waiters by the records of locks, and decides which waiter gives way.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/lock/lock_wait.hpp"

namespace holdfast {

// A lock in use, as far as its users left records.
struct LockUse {
  // run: the lock of a ctest on its build tree
  enum class Kind : std::uint8_t { named, run };

  std::string lock;  // in the words for people: `db@project`, `the build tree /b`
  std::vector<LockParty> holders;
  std::vector<LockParty> waiters;  // in the order of the queue, the same as that of their tickets
  Kind kind = Kind::named;
};

// One waiter, the lock it waits for, and a party in its way.
struct LockCycleStep {
  enum class Way : std::uint8_t { holds, is_before };  // before it in the queue

  LockParty waiter;
  std::string lock;
  LockParty other;
  Way way = Way::holds;
  LockUse::Kind kind = LockUse::Kind::named;
};

using LockCycle = std::vector<LockCycleStep>;

// The shortest circle that `waiter` is part of and in which nobody can go on, whatever all others
// do. A waiter for two of four slots waits for nobody as long as two may become free. A waiter
// keeps all attempts around it waiting, and so everything that they hold. `other` of the last step
// is `waiter` or is around it. Empty: there is no circle, or `waiter` is not among `all`.
LockCycle find_lock_cycle(const LockParty& waiter, const std::vector<LockUse>& all);

// Whether two looks saw the same circle. Records are read one after the other. Only what two looks
// both saw was true of all records at one moment in between.
bool is_same_cycle(const LockCycle& one, const LockCycle& other);

// The step whose waiter must end the circle; everybody in the circle gets the same answer. Waiters
// inside an attempt are preferred. Among them, those that wait for a build tree go first, because
// they can do without it; then the youngest. `cycle` is not empty.
const LockCycleStep& who_gives_way(const LockCycle& cycle);

bool is_same_wait(const LockParty& one, const LockParty& other);

// Decides when to look for a circle during a wait, and when a sighting is certain. It must look
// again and again: nobody tells a waiter that another wait has closed a circle.
class LockCycleWatch {
 public:
  // When to look next, in time since the wait began.
  Milliseconds next() const { return next_; }

  // Takes what a look at that time saw. True: the circle is certain, and `waiter` must give way.
  bool take(LockCycle seen, const LockParty& waiter, Milliseconds since_start);

  // The circle of the last look.
  const LockCycle& seen() const { return seen_; }

 private:
  LockCycle seen_;
  Milliseconds next_{200};
};

// `"a" (pid 1) waits for x@user, held by "b" (pid 2), in which "c" (pid 3) waits for y@user, held
// by "d" (pid 4), which is around "a" (pid 1)`
std::string describe_lock_cycle(const LockCycle& cycle);

}  // namespace holdfast
