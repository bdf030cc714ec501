// Waits for our turn. flock(2) blocks, and nothing tells when it would no longer block. So a helper
// process blocks, and we go on.
#pragma once

#include <sys/types.h>

#include <vector>

#include "os/file/descriptors.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/lock/lock_units.hpp"

namespace holdfast::os {

// What we wait for, in this order: the head of `queue`, `flock` on `lock`, slots or an amount if
// the lock has any.
struct TurnOrder {
  const LockQueue* queue = nullptr;
  int lock = -1;
  int flock_mode = 0;
  SlotOrder slots;     // without numbers: no slots
  AmountOrder amount;  // without units: no amount
};

// Takes all steps without blocking. False: we have to wait.
Result<bool> take_turn_now(const TurnOrder& order, std::vector<LockSlot>& slots);

// Makes a helper process wait. The helper has copies of the descriptors in its order and no others,
// so the lock that it takes is ours too. When the helper has taken everything, it leaves the queue.
// The helper ends when we end, however we end.
class LockTurn {
 public:
  LockTurn() = default;
  LockTurn(LockTurn&& other) noexcept;
  LockTurn& operator=(LockTurn&&) = delete;
  ~LockTurn();

  Result<void> start_waiting(const TurnOrder& order);
  // Becomes readable once: when the helper has taken everything or has failed.
  int ready_fd() const { return ready_.get(); }
  // To be called when ready_fd() is readable. Returns the slots. Does not wait for the end of the
  // helper: that would take longer than all else that hands a lock on.
  Result<std::vector<LockSlot>> finish_waiting(const LockQueue& queue);

 private:
  void reap_helper();

  UniqueFd ready_;
  pid_t helper_ = -1;
  pid_t owner_ = -1;  // the helper's parent
};

}  // namespace holdfast::os
