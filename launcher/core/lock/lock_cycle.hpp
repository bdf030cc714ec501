// Those who wait for one another in a circle, as the records of locks tell, and which of them gives
// way.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/lock/lock_wait.hpp"

namespace holdfast {

// A lock that is in use, as far as those who use it left records.
struct LockUse {
  // Of a run: the lock that a ctest has on its build tree.
  enum class Kind : std::uint8_t { named, run };

  std::string lock;  // as told to people: `db@project`, `the build tree /b`
  std::vector<LockParty> holders;
  std::vector<LockParty> waiters;  // in the order of the queue, which their tickets tell too
  Kind kind = Kind::named;
};

// One who waits, for what, and who is in the way.
struct LockCycleStep {
  enum class Way : std::uint8_t { holds, is_before };  // before it in the queue

  LockParty waiter;
  std::string lock;
  LockParty other;
  Way way = Way::holds;
  LockUse::Kind kind = LockUse::Kind::named;
};

using LockCycle = std::vector<LockCycleStep>;

// The shortest circle that `waiter` is part of, in which nobody can go on whatever all others do:
// who waits for two of four slots waits for nobody as long as two of them may become free. Whoever
// waits keeps all attempts around it waiting, and so everything these hold. The last step's other
// one is around `waiter`, or is `waiter`. Empty: there is none, or `waiter` is not among `all`.
LockCycle find_lock_cycle(const LockParty& waiter, const std::vector<LockUse>& all);

// Whether two looks saw one circle. Records are read one after the other: only what stood in all of
// them at two looks did so at one moment in between.
bool is_same_cycle(const LockCycle& one, const LockCycle& other);

// Who is to end the circle, the same for everybody in it, and inside an attempt: of those who wait
// for a build tree, who need not have it, the last to come; where there is none, of all the last.
// `cycle` is not empty.
const LockCycleStep& who_gives_way(const LockCycle& cycle);

// Whether the two are one wait.
bool is_same_wait(const LockParty& one, const LockParty& other);

// Looks for a circle while a wait lasts: when, and when what was seen is sure. Nobody tells who
// waits that somebody else's wait has closed one.
class LockCycleWatch {
 public:
  // When to look next, in time since the wait began.
  Milliseconds next() const { return next_; }

  // What a look at that time saw for `waiter`. True: it is certain, and `waiter` is to give way.
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
