// The slots of a counted lock. Each slot is a file. The head of the lock's queue takes slots by
// flock(2).
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

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
