// The parts of a lock with an amount. Each KiB of the whole is a byte far behind the records in the
// lock's file, and whoever has a KiB has an exclusive lock on its byte. Only the head of the lock's
// queue takes any. The kernel frees them with the last duplicate of the descriptor.
#pragma once

#include <cstdint>

#include "core/base/result.hpp"

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

}  // namespace holdfast::os
