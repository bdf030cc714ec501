#include "os/lock/lock_amount.hpp"

#include <fcntl.h>

#include <algorithm>
#include <vector>

#include "os/file/descriptors.hpp"
#include "os/file/system_call.hpp"
#include "os/lock/byte_locks.hpp"
#include "os/lock/lock_threads.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

// The byte of the first KiB. Records and declared sizes are before it.
constexpr off_t k_first = off_t{1} << 53U;

off_t signed_of(std::uint64_t kb) { return static_cast<off_t>(kb); }

ByteRange whole_of(const AmountOrder& order) { return {k_first, signed_of(order.whole)}; }

// The parts that nobody has, between those in `busy`, in order.
std::vector<ByteRange> between(const std::vector<ByteRange>& busy, ByteRange whole) {
  std::vector<ByteRange> free;
  off_t at = whole.start;
  const off_t end = whole.start + whole.length;
  for (const ByteRange& one : busy) {
    if (one.start > at) free.push_back({at, one.start - at});
    at = std::max(at, one.start + one.length);
  }
  if (at < end) free.push_back({at, end - at});
  return free;
}

// Takes the lowest parts that others do not have. What we have already counts as free. True: we
// have what is wanted, and nothing else. False: we have less.
bool take_lowest(const AmountOrder& order, const std::vector<ByteRange>& busy) {
  off_t missing = signed_of(order.units);
  std::vector<ByteRange> taken;
  for (const ByteRange& part : between(busy, whole_of(order))) {
    if (missing == 0) break;
    const ByteRange piece{part.start, std::min(part.length, missing)};
    if (!try_byte_lock(order.lock, ByteLock::exclusive, piece)) continue;
    taken.push_back(piece);
    missing -= piece.length;
  }
  if (missing != 0) return false;
  for (const ByteRange& rest : between(taken, whole_of(order))) {
    release_byte_lock(order.lock, rest);
  }
  return true;
}

std::vector<ByteRange> busy_parts(const AmountOrder& order) {
  return byte_locks_in_the_way(order.lock, ByteLock::exclusive, whole_of(order));
}

// Takes parts as they become free. A thread waits for each busy part, by an open file description
// of its own: a lock that it gets too late then ends with this process.
class AmountWait {
 public:
  explicit AmountWait(const AmountOrder& order) : order_(order) {}

  Result<void> run() {
    HOLDFAST_DO(threads_.open());
    while (true) {
      const std::vector<ByteRange> busy = busy_parts(order_);
      if (take_lowest(order_, busy)) return {};
      for (const ByteRange& part : busy) {
        HOLDFAST_DO(wait_in_thread(part));
      }
      HOLDFAST_TRY(const LockThreads::News news, threads_.next());
      if (news.error != 0) return system_error("lock a part of its amount", news.error);
      waited_[static_cast<std::size_t>(news.index)] = {};
    }
  }

 private:
  struct Waited {
    ByteRange part;
    UniqueFd file;
  };

  Result<void> wait_in_thread(const ByteRange& part) {
    const bool is_waited = std::ranges::any_of(waited_, [&](const Waited& one) {
      return one.part.start == part.start && one.part.length == part.length;
    });
    if (is_waited) return {};
    const std::string path = in_proc("self/fd/" + std::to_string(order_.lock));
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file.valid()) return system_error("open its file once more");
    waited_.push_back({part, std::move(file)});
    return threads_.add({waited_.back().file.get(), part}, static_cast<int>(waited_.size()) - 1);
  }

  const AmountOrder& order_;
  LockThreads threads_;
  std::vector<Waited> waited_;
};

}  // namespace

bool take_free_amount(const AmountOrder& order) {
  if (take_lowest(order, busy_parts(order))) return true;
  release_byte_lock(order.lock, whole_of(order));
  return false;
}

Result<void> wait_for_amount(const AmountOrder& order) {
  allow_many_descriptors();  // each holder needs one
  // This object is never destroyed: when the part is taken, some threads still wait.
  auto* wait = new AmountWait(order);
  return wait->run();
}

}  // namespace holdfast::os
