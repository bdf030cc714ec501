#include "os/lock/byte_locks.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace holdfast::os {
namespace {

// Anybody may lock bytes of the machine's files. Very many such locks must not keep us busy for
// ever.
constexpr std::size_t k_most_listed = 4096;

struct flock described(short type, ByteRange range) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = range.start;
  lock.l_len = range.length;
  return lock;
}

short type_of(ByteLock kind) { return kind == ByteLock::shared ? F_RDLCK : F_WRLCK; }

}  // namespace

bool try_byte_lock(int file, ByteLock kind, ByteRange range) {
  struct flock lock = described(type_of(kind), range);
  return ::fcntl(file, F_OFD_SETLK, &lock) == 0;
}

bool wait_for_byte_lock(int file, ByteLock kind, ByteRange range) {
  struct flock lock = described(type_of(kind), range);
  return ::fcntl(file, F_OFD_SETLKW, &lock) == 0;
}

void release_byte_lock(int file, ByteRange range) {
  struct flock lock = described(F_UNLCK, range);
  ::fcntl(file, F_OFD_SETLK, &lock);
}

std::optional<ByteRange> byte_lock_in_the_way(int file, ByteLock kind, ByteRange range) {
  struct flock lock = described(type_of(kind), range);
  if (::fcntl(file, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return ByteRange{lock.l_start, lock.l_len};
}

std::vector<ByteRange> byte_locks_in_the_way(int file, ByteLock kind, ByteRange range) {
  std::vector<ByteRange> locks;
  std::vector<ByteRange> unseen{range};
  // The kernel shows one of the locks, not always the first. So we look again at the parts before
  // and after that one.
  while (!unseen.empty() && locks.size() < k_most_listed) {
    const ByteRange look = unseen.back();
    unseen.pop_back();
    const std::optional<ByteRange> found = byte_lock_in_the_way(file, kind, look);
    if (!found) continue;
    const off_t end = look.start + look.length;
    const off_t start = std::max(found->start, look.start);
    const off_t after = found->length == 0 ? end : std::min(found->start + found->length, end);
    locks.push_back({start, after - start});
    if (start > look.start) unseen.push_back({look.start, start - look.start});
    if (after < end) unseen.push_back({after, end - after});
  }
  std::ranges::sort(locks, {}, &ByteRange::start);
  return locks;
}

}  // namespace holdfast::os
