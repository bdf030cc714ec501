#include "os/lock_queue.hpp"

#include <cerrno>
#include <limits>

#include "os/byte_locks.hpp"
#include "os/clock.hpp"
#include "os/system_call.hpp"

namespace holdfast::os {

Result<void> LockQueue::join() {
  // Refused when two come in the same nanosecond, or when one that came later has gone to the head
  // between our look at the clock and this lock: it bars every byte below its own. So look again.
  for (int tries = 0; tries < 1000; ++tries) {
    ticket_ = monotonic_now_ns();
    if (try_byte_lock(file_.get(), ByteLock::exclusive, {ticket_, 1})) return {};
    if (errno != EAGAIN && errno != EACCES) break;
  }
  return system_error("draw a ticket");
}

bool LockQueue::is_head() const {
  return try_byte_lock(file_.get(), ByteLock::shared, {0, ticket_});
}

bool LockQueue::wait_for_head() const {
  return wait_for_byte_lock(file_.get(), ByteLock::shared, {0, ticket_});
}

void LockQueue::leave() const { release_byte_lock(file_.get(), {0, 0}); }

std::vector<std::int64_t> LockQueue::tickets() const {
  // Tickets stand in the way of readers; the head's own lock, on what is before it, does not.
  constexpr off_t k_end_of_time = std::numeric_limits<off_t>::max();
  return byte_locks_in_the_way(file_.get(), ByteLock::shared, {0, k_end_of_time});
}

}  // namespace holdfast::os
