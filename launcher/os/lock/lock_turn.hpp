// Waits for our turn. flock(2) blocks, and nothing tells the moment at which it would not. So
// either we block, and other events interrupt us; or a helper process blocks, and we go on.
#pragma once

#include <sys/types.h>

#include <vector>

#include "os/lock/lock_queue.hpp"
#include "os/lock/lock_slots.hpp"
#include "os/signal/interruptions.hpp"

namespace holdfast::os {

// What we wait for, in this order: the head of `queue`, `flock` on `lock`, slots if there are any.
struct TurnOrder {
  const LockQueue* queue = nullptr;
  int lock = -1;
  int flock_mode = 0;
  SlotOrder slots;  // no numbers: none
};

// Takes all steps without blocking. False: we have to wait.
Result<bool> take_turn_now(const TurnOrder& order, std::vector<LockSlot>& slots);

// Blocks in the first two steps; there must be no third. False: interrupted. It can then be called
// again, as often as needed: the place in the queue stays.
Result<bool> take_turn_here(const TurnOrder& order, const Interruptions& interruptions);

// Has a helper process wait. It has copies of the descriptors in its order, so the lock that it
// takes is ours too. It leaves the queue when it has taken everything. It ends with us, however we
// end.
class LockTurn {
 public:
  LockTurn() = default;
  LockTurn(LockTurn&& other) noexcept;
  LockTurn& operator=(LockTurn&&) = delete;
  ~LockTurn();

  Result<void> start_waiting(const TurnOrder& order);
  // Becomes readable once.
  int ready_fd() const { return ready_.get(); }
  // To be called when ready_fd() is readable; returns the slots. Does not wait for the helper,
  // which is about to end: that would take longer than the rest of handing a lock on.
  Result<std::vector<LockSlot>> finish_waiting(const LockQueue& queue);

 private:
  void bury_helper();

  UniqueFd ready_;
  pid_t helper_ = -1;
  pid_t owner_ = -1;  // the process whose child the helper is
};

}  // namespace holdfast::os
