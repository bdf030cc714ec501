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

// Which slots to take, how many, and where.
struct SlotOrder {
  const UniqueFd* directory = nullptr;
  unsigned file_mode = 0600;
  std::vector<unsigned> numbers;  // ascending
  unsigned units = 1;
};

std::string slot_file(unsigned number);

// In a directory where only root can make files, makes the files of all slots if we are root.
Result<void> make_slots_for_all(const SlotOrder& order, unsigned size);

// Takes the lowest free slots, at most `units`. Does not block.
Result<std::vector<LockSlot>> take_free_slots(const SlotOrder& order);

// Blocks until it has `units` slots. Each slot has a thread that blocks in flock(2), since nothing
// else tells when a lock is free. Threads that are no longer needed are left as they are. So the
// process must have had one thread before and must end right after this.
Result<std::vector<LockSlot>> wait_for_slots(const SlotOrder& order);

}  // namespace holdfast::os
