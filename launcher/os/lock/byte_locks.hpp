// Locks on ranges of bytes that belong to an open file description (F_OFD_SETLK, fcntl(2)): every
// duplicate of the descriptor keeps them, and they need no disk.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

namespace holdfast::os {

struct ByteRange {
  off_t start = 0;
  off_t length = 0;  // 0: to the end of all files
};

enum class ByteLock { shared, exclusive };

// Each returns false with errno set; `wait_for_byte_lock` blocks, and is not repeated after EINTR.
bool try_byte_lock(int file, ByteLock kind, ByteRange range);
bool wait_for_byte_lock(int file, ByteLock kind, ByteRange range);
void release_byte_lock(int file, ByteRange range);

// A lock of somebody else in `range` that would keep us from having one of `kind`.
std::optional<ByteRange> byte_lock_in_the_way(int file, ByteLock kind, ByteRange range);

// Where all of them begin, in ascending order. `range` has a length.
std::vector<off_t> byte_locks_in_the_way(int file, ByteLock kind, ByteRange range);

}  // namespace holdfast::os
