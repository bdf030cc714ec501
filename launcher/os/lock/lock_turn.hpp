// Waits for our turn. flock(2) blocks, and nothing tells when it would no longer block. So a helper
// process blocks, and we go on.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/lock_directory.hpp"

namespace holdfast::os {

// The parts of a lock with an amount. Each KiB of the whole is a byte far behind the records in the
// lock's file, and whoever has a KiB has an exclusive lock on its byte. Only the head of the lock's
// queue takes any. The kernel frees them with the last duplicate of the descriptor.

// Which part to take, and where. In KiB.
struct AmountOrder {
  int lock = -1;            // the lock's file, open for writing; keeps what is taken
  std::uint64_t whole = 0;  // what all holders may have together
  std::uint64_t units = 0;  // the part that is wanted; 0: the lock has no amount
};

// The slots of a counted lock. Each slot is a file. The head of the lock's queue takes slots by
// flock(2).
struct LockSlot {
  unsigned number = 0;
  UniqueFd file;  // locked while this descriptor or a duplicate is open
};

// Which slots to take, how many, and where.
struct SlotOrder {
  const UniqueFd* directory = nullptr;
  unsigned file_mode = 0600;
  std::vector<unsigned> numbers;  // ascending
  unsigned units = 1;
};

std::string slot_file(unsigned number);

// Makes the files of all slots if we are root and only root can make files in the directory.
Result<void> make_slots_for_all(const SlotOrder& order, unsigned size);

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
