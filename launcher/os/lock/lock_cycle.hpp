// Finds circles of waiters by the records of locks, and decides which waiter gives way. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "values/held_locks.hpp"

namespace holdfast {

// A lock in use, as far as its users left records.
struct LockUse {
  // run: the lock of a ctest on its build tree
  enum class Kind : std::uint8_t { named, run };

  std::string lock;  // in the words for people: `db@project`, `the build tree /b`
  std::vector<LockParty> holders;
  std::vector<LockParty> waiters;  // in the order of the queue, which is that of their tickets
  Kind kind = Kind::named;
};

// One waiter, the lock it waits for, and a party in its way.
struct LockCycleStep {
  enum class Way : std::uint8_t { holds, is_before };  // before the waiter in the queue

  LockParty waiter;
  std::string lock;
  LockParty other;
  Way way = Way::holds;
  LockUse::Kind kind = LockUse::Kind::named;
};

using LockCycle = std::vector<LockCycleStep>;

// The shortest circle that `waiter` is part of and in which nobody can go on, whatever everybody
// outside it does. A waiter for two of four slots is in no circle as long as two slots may become
// free. A waiter keeps all attempts around it waiting, so everything that they hold stays held.
// `other` of the last step is `waiter` or is around it. Empty: there is no circle, or `waiter` is
// not among `all`.
LockCycle find_lock_cycle(const LockParty& waiter, const std::vector<LockUse>& all);

// Whether two looks saw the same circle. Records are read one after the other. But what both looks
// saw was true, in all records, at one moment between the looks.
bool is_same_cycle(const LockCycle& one, const LockCycle& other);

// The step whose waiter must end the circle; everybody in the circle gets the same answer. Waiters
// inside an attempt are preferred. Among them, those that wait for a build tree come first, because
// they can do without it. Among equals, the youngest gives way. `cycle` is not empty.
const LockCycleStep& who_gives_way(const LockCycle& cycle);

// Decides when to look for a circle during a wait, and when a sighting is certain. A waiter must
// look again and again: nobody tells it that another wait has closed a circle.
class LockCycleWatch {
 public:
  // When to look next, in time since the wait began.
  Milliseconds next() const { return next_; }

  // Takes what a look at the time `since_start` saw. True: the circle is certain, and `waiter` must
  // give way.
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
