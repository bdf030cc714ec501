#include "os/lock/lock_queue.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

#include "os/file/clock.hpp"
#include "os/file/system_call.hpp"
#include "os/lock/byte_locks.hpp"

namespace holdfast::os {
namespace {

constexpr off_t k_last_ticket = std::numeric_limits<off_t>::max();

}  // namespace

Result<void> LockQueue::join() {
  constexpr int k_most_tries = 1000;
  std::int64_t behind_all = 0;
  for (int tries = 0; tries < k_most_tries; ++tries) {
    ticket_ = std::max<std::int64_t>(monotonic_now_ns(), behind_all);
    if (try_byte_lock(file_.get(), ByteLock::exclusive, {ticket_, 1})) return {};
    if (errno != EAGAIN && errno != EACCES) return system_error("draw a ticket");
    // Another process came in the same nanosecond, or the head of the queue has locked every byte
    // below its own, and ours is one of them. The head may have come after we looked at the clock,
    // or may have the clock of another time namespace. All tickets that we see were drawn before
    // ours, so the place behind them is ours.
    const std::vector<std::int64_t> there = tickets();
    if (!there.empty() && there.back() < k_last_ticket) behind_all = there.back() + 1;
  }
  return Error{"draw a ticket: the queue is too busy"};
}

bool LockQueue::is_head() const {
  return try_byte_lock(file_.get(), ByteLock::shared, {0, ticket_});
}

bool LockQueue::wait_for_head() const {
  return wait_for_byte_lock(file_.get(), ByteLock::shared, {0, ticket_});
}

void LockQueue::leave() const { release_byte_lock(file_.get(), {0, 0}); }

std::vector<std::int64_t> LockQueue::tickets() const {
  // We look for locks that conflict with a read lock. The tickets conflict with it. The head's read
  // lock on the bytes before its own byte does not.
  std::vector<std::int64_t> tickets;
  for (const ByteRange& lock :
       byte_locks_in_the_way(file_.get(), ByteLock::shared, {0, k_last_ticket})) {
    tickets.push_back(lock.start);
  }
  return tickets;
}

}  // namespace holdfast::os
