// Threads that each block in one lock. Nothing but the end of a blocking call tells when a lock
// becomes free, so whoever can use any of several locks needs a thread for each.
#pragma once

#include <deque>

#include "core/base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/byte_locks.hpp"

namespace holdfast::os {

// What a thread waits for: an exclusive flock(2) on the file, or if `bytes` has a length, an
// exclusive lock on these bytes.
struct BlockingLock {
  int file = -1;
  ByteRange bytes = {};
};

// Threads that are no longer needed go on. So the process must have one thread before, must end
// soon, and must never destroy this object.
class LockThreads {
 public:
  struct News {
    int index = 0;
    int error = 0;  // errno; 0: the thread has its lock
  };

  Result<void> open();
  // `index` names the thread in its news.
  Result<void> add(const BlockingLock& lock, int index);
  // Blocks until the next thread has its lock, or cannot get it.
  Result<News> next();

 private:
  // The argument of a thread, which keeps a pointer to it.
  struct Waiter {
    BlockingLock lock;
    int tell = -1;
    int index = 0;
  };
  static void* wait_for_one(void* argument);

  Pipe news_;
  std::deque<Waiter> waiters_;
};

}  // namespace holdfast::os
