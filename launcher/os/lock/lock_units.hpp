// The parts of a lock with an amount. Each KiB of the whole is a byte far behind the records in the
// lock's file, and whoever has a KiB has an exclusive lock on its byte. Only the head of the lock's
// queue takes any. The kernel frees them with the last duplicate of the descriptor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

// Which part to take, and where. In KiB.
struct AmountOrder {
  int lock = -1;            // the lock's file, open for writing; keeps what is taken
  std::uint64_t whole = 0;  // what all holders may have together
  std::uint64_t units = 0;  // the part that is wanted; 0: the lock has no amount
};

// Takes the lowest free KiB. False: not enough is free, and nothing is taken. Does not block.
bool take_free_amount(const AmountOrder& order);

// Blocks until the part is taken. The process must have one thread when it calls this, and must end
// right after the call, because there is a thread for each holder that is waited for.
Result<void> wait_for_amount(const AmountOrder& order);

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

// Takes the lowest free slots, at most `units`. Does not block. `taken` gets the slots that others
// have. If `taken` is null, the files of these slots are closed at once, because the limit of
// descriptors may be low.
Result<std::vector<LockSlot>> take_free_slots(const SlotOrder& order,
                                              std::vector<LockSlot>* taken = nullptr);

// Blocks until this process has `units` slots. For each slot a thread blocks in flock(2), because
// nothing else tells when a lock becomes free. Threads that are no longer needed go on. So the
// process must have one thread when it calls this, and must end right after the call.
Result<std::vector<LockSlot>> wait_for_slots(const SlotOrder& order);

}  // namespace holdfast::os
