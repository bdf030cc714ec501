// Waiting for our turn. flock(2) blocks, and nothing tells the moment at which it would not. So
// either we block, and are interrupted by whatever else there is, or a process of our own does and
// we go on with everything else.
#pragma once

#include <sys/types.h>

#include <vector>

#include "os/lock/lock_queue.hpp"
#include "os/lock/lock_slots.hpp"
#include "os/signal/interruptions.hpp"

namespace holdfast::os {

// What is waited for, in this order: the head of `queue`, `flock` on `lock`, slots if there are
// any.
struct TurnOrder {
  const LockQueue* queue = nullptr;
  int lock = -1;
  int flock_mode = 0;
  SlotOrder slots;  // no numbers: none
};

// Takes the first two steps without blocking, and the third. False: it has to be waited for.
Result<bool> take_turn_now(const TurnOrder& order, std::vector<LockSlot>& slots);

// Blocks in the first two steps, where there is no third. False: interrupted. To be called again
// then, as often as is needed: the place in the queue stays.
Result<bool> take_turn_here(const TurnOrder& order, const Interruptions& interruptions);

// The helper has copies of the descriptors in its order, so the lock it takes is ours too; it
// leaves the queue when all is had. It ends with us, however we end.
class LockTurn {
 public:
  LockTurn() = default;
  LockTurn(LockTurn&& other) noexcept;
  LockTurn& operator=(LockTurn&&) = delete;
  ~LockTurn();

  Result<void> start_waiting(const TurnOrder& order);
  // Becomes readable once.
  int ready_fd() const { return ready_.get(); }
  // When ready_fd() is readable: the slots. The helper, which is about to end, is not waited for:
  // that would take longer than all the rest of handing a lock on.
  Result<std::vector<LockSlot>> finish_waiting(const LockQueue& queue);

 private:
  void bury_helper();

  UniqueFd ready_;
  pid_t helper_ = -1;
  pid_t owner_ = -1;  // whose child the helper is
};

}  // namespace holdfast::os
