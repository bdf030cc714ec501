// The slots of a counted lock: one file each, taken with flock(2) by the head of the lock's queue.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

struct LockSlot {
  unsigned number = 0;
  UniqueFd file;  // locked as long as it or a duplicate is open
};

// Which of them, how many, and where.
struct SlotOrder {
  const UniqueFd* directory = nullptr;
  unsigned file_mode = 0600;
  std::vector<unsigned> numbers;  // ascending
  unsigned units = 1;
};

std::string slot_file(unsigned number);

// Where only root can make files: makes those of all slots, if we are root.
Result<void> make_slots_for_all(const SlotOrder& order, unsigned size);

// Takes the lowest that are free, at most `units`. Does not block.
Result<std::vector<LockSlot>> take_free_slots(const SlotOrder& order);

// Blocks until it has `units` of them: one thread per slot that is taken, each in flock(2), since
// nothing else is told the moment a lock is free. Threads that are not needed any more are left
// where they are: only for a process that ends right after it, and that had one thread before.
Result<std::vector<LockSlot>> wait_for_slots(const SlotOrder& order);

}  // namespace holdfast::os
