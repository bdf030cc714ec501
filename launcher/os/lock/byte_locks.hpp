// Locks on ranges of bytes (F_OFD_SETLK, fcntl(2)). Such a lock belongs to an open file
// description, so every duplicate of the descriptor keeps it. The locked bytes need not exist in
// the file.
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

// try_byte_lock() and wait_for_byte_lock() return false, with errno set, if they fail.
// wait_for_byte_lock() blocks, and does not go on after EINTR.
bool try_byte_lock(int file, ByteLock kind, ByteRange range);
bool wait_for_byte_lock(int file, ByteLock kind, ByteRange range);
void release_byte_lock(int file, ByteRange range);

// Returns a lock of somebody else in `range` that would keep us from a lock of `kind`.
std::optional<ByteRange> byte_lock_in_the_way(int file, ByteLock kind, ByteRange range);

// Returns all such locks, in ascending order, as far as they are in `range`, which must have a
// length. Of very many locks, some are left out.
std::vector<ByteRange> byte_locks_in_the_way(int file, ByteLock kind, ByteRange range);

}  // namespace holdfast::os
