#include "os/lock/lock_units.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <deque>

#include "base/names.hpp"
#include "os/lock/byte_locks.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

// Threads that each block in one lock. Nothing but the end of a blocking call tells when a lock
// becomes free, so whoever can use any of several locks needs a thread for each.

// What a thread waits for: an exclusive flock(2) on the file, or if `bytes` has a length, an
// exclusive lock on these bytes.
struct BlockingLock {
  int file = -1;
  ByteRange bytes = {};
};

constexpr std::size_t k_stack = 64UL * 1024;

bool block_in(const BlockingLock& lock) {
  if (lock.bytes.length == 0) return ::flock(lock.file, LOCK_EX) == 0;
  return wait_for_byte_lock(lock.file, ByteLock::exclusive, lock.bytes);
}

// Threads that are no longer needed go on. So the process must have one thread before, must end
// soon, and must never destroy this object.
class LockThreads {
 public:
  struct News {
    int index = 0;
    int error = 0;  // errno; 0: the thread has its lock
  };

  // `index` names the thread in its news.
  Result<void> add(const BlockingLock& lock, int index) {
    if (waiters_.empty()) {
      HOLDFAST_TRY(news_, make_pipe());
    }
    waiters_.push_back({lock, news_.write.get(), index});
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, k_stack);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread{};
    const int error = ::pthread_create(&thread, &attributes, wait_for_one, &waiters_.back());
    pthread_attr_destroy(&attributes);
    if (error != 0) return system_error("start a thread that waits for a lock", error);
    return {};
  }

  // Blocks until the next thread has its lock, or cannot get it.
  Result<News> next() {
    News news;
    if (retried([&] { return ::read(news_.read.get(), &news, sizeof news); }) != sizeof news) {
      return system_error("wait for a lock");
    }
    return news;
  }

 private:
  // The argument of a thread, which keeps a pointer to it.
  struct Waiter {
    BlockingLock lock;
    int tell = -1;
    int index = 0;
  };

  // A thread makes only system calls, because the process may end while the thread waits.
  static void* wait_for_one(void* argument) {
    const Waiter waiter = *static_cast<Waiter*>(argument);
    const int locked = retried([&] { return block_in(waiter.lock) ? 0 : -1; });
    const News news{waiter.index, locked == 0 ? 0 : errno};
    (void)::write(waiter.tell, &news, sizeof news);
    return nullptr;
  }

  Pipe news_;
  std::deque<Waiter> waiters_;
};

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

namespace {

// How often the files of slots may be replaced while we wait.
constexpr std::size_t k_most_renewals = 64;

Result<LockSlot> open_slot(const SlotOrder& order, unsigned number) {
  HOLDFAST_TRY(UniqueFd file, open_lock_file(*order.directory, slot_file(number), order.file_mode));
  return LockSlot{number, std::move(file)};
}

// Takes the slot if it is free and its file still has its name.
Result<bool> take_if_free(LockSlot& slot, const SlotOrder& order) {
  while (true) {
    if (retried([&] { return ::flock(slot.file.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) return false;
      return system_error("lock " + slot_file(slot.number));
    }
    if (has_name(slot.file, *order.directory, slot_file(slot.number))) return true;
    HOLDFAST_TRY(slot, open_slot(order, slot.number));
  }
}

class SlotsWait {
 public:
  explicit SlotsWait(const SlotOrder& order) : order_(order) {}

  Result<std::vector<LockSlot>> run() {
    HOLDFAST_TRY(had_, take_free_slots(order_, &taken_));
    for (std::size_t i = 0; had_.size() < order_.units && i < taken_.size(); ++i) {
      HOLDFAST_DO(wait_in_thread(i));
    }
    while (had_.size() < order_.units) {
      HOLDFAST_DO(wait_for_next());
    }
    std::ranges::sort(had_, {}, &LockSlot::number);
    return std::move(had_);
  }

 private:
  Result<void> wait_in_thread(std::size_t index) {
    return threads_.add({taken_[index].file.get()}, static_cast<int>(index));
  }

  Result<void> wait_for_next() {
    HOLDFAST_TRY(const LockThreads::News news, threads_.next());
    LockSlot& slot = taken_[static_cast<std::size_t>(news.index)];
    if (news.error != 0) return system_error("lock " + slot_file(slot.number), news.error);
    if (has_name(slot.file, *order_.directory, slot_file(slot.number))) {
      had_.push_back(std::move(slot));
      return {};
    }
    // The file was replaced while we waited. So we wait again, for the file that has the name now.
    HOLDFAST_TRY(LockSlot renewed, open_slot(order_, slot.number));
    taken_.push_back(std::move(renewed));
    if (++renewals_ > k_most_renewals)
      return Error{"wait for a slot: its file is removed again and again"};
    return wait_in_thread(taken_.size() - 1);
  }

  const SlotOrder& order_;
  LockThreads threads_;
  std::vector<LockSlot> had_;
  std::vector<LockSlot> taken_;
  std::size_t renewals_ = 0;
};

}  // namespace

std::string slot_file(unsigned number) {
  return std::string(names::k_slot_file_prefix) + std::to_string(number);
}

Result<void> make_slots_for_all(const SlotOrder& order, unsigned size) {
  const std::string last = slot_file(size - 1);
  if (::faccessat(order.directory->get(), last.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return {};
  if (::geteuid() != 0) {
    return Error{"use " + last + ": expected that root made the slots, by taking the lock once"};
  }
  for (unsigned number = 0; number < size; ++number) {
    if (Result<LockSlot> slot = open_slot(order, number); !slot) return slot.error();
  }
  return {};
}

Result<std::vector<LockSlot>> take_free_slots(const SlotOrder& order,
                                              std::vector<LockSlot>* taken) {
  std::vector<LockSlot> had;
  for (unsigned number : order.numbers) {
    if (had.size() == order.units) break;
    HOLDFAST_TRY(LockSlot slot, open_slot(order, number));
    HOLDFAST_TRY(const bool free, take_if_free(slot, order));
    if (free) {
      had.push_back(std::move(slot));
    } else if (taken != nullptr) {
      taken->push_back(std::move(slot));
    }
  }
  return had;
}

Result<std::vector<LockSlot>> wait_for_slots(const SlotOrder& order) {
  allow_many_descriptors();  // each slot needs one
  // This object is never destroyed: when it has enough slots, some threads still use its
  // descriptors.
  auto* wait = new SlotsWait(order);
  return wait->run();
}

}  // namespace holdfast::os
