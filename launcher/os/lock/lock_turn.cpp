#include "os/lock/lock_turn.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/lock/byte_locks.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

// Threads that each block in one lock. Nothing but the end of a blocking call tells when a lock
// becomes free, so whoever can use any of several locks needs a thread for each.

constexpr std::size_t k_stack = 64UL * 1024;

// Threads that are no longer needed go on. So the process must have one thread before, must end
// soon, and must never destroy this object.
class LockThreads {
 public:
  struct News {
    std::size_t index = 0;
    int error = 0;  // errno; 0: the thread has its lock
  };

  // The thread waits for an exclusive flock(2) on the file, or if `bytes` has a length, for an
  // exclusive lock on these bytes. `index` names it in its news.
  Result<void> add(int file, ByteRange bytes, std::size_t index) {
    if (waiters_.empty()) {
      HOLDFAST_TRY(news_, make_pipe());
    }
    waiters_.push_back({file, bytes, news_.write.get(), index});
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
    int file = -1;
    ByteRange bytes;
    int tell = -1;
    std::size_t index = 0;
  };

  // A thread makes only system calls, because the process may end while the thread waits.
  static void* wait_for_one(void* argument) {
    const Waiter waiter = *static_cast<Waiter*>(argument);
    const int locked = retried([&] {
      if (waiter.bytes.length == 0) return ::flock(waiter.file, LOCK_EX);
      return wait_for_byte_lock(waiter.file, ByteLock::exclusive, waiter.bytes) ? 0 : -1;
    });
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
      waited_[news.index] = {};
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
    return threads_.add(waited_.back().file.get(), part, waited_.size() - 1);
  }

  const AmountOrder& order_;
  LockThreads threads_;
  std::vector<Waited> waited_;
};

// Takes the lowest free KiB. False: not enough is free, and nothing is taken. Does not block.
bool take_free_amount(const AmountOrder& order) {
  if (take_lowest(order, busy_parts(order))) return true;
  release_byte_lock(order.lock, whole_of(order));
  return false;
}

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

// Takes the lowest free slots, at most `units`. Does not block. `taken` gets the slots that others
// have. If `taken` is null, the files of these slots are closed at once, because the limit of
// descriptors may be low.
Result<std::vector<LockSlot>> take_free_slots(const SlotOrder& order,
                                              std::vector<LockSlot>* taken = nullptr) {
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

class SlotsWait {
 public:
  explicit SlotsWait(const SlotOrder& order) : order_(order) {}

  Result<std::vector<LockSlot>> run() {
    HOLDFAST_TRY(had_, take_free_slots(order_, &taken_));
    for (std::size_t i = 0; had_.size() < order_.units && i < taken_.size(); ++i) {
      HOLDFAST_DO(threads_.add(taken_[i].file.get(), {}, i));
    }
    while (had_.size() < order_.units) {
      HOLDFAST_DO(wait_for_next());
    }
    std::ranges::sort(had_, {}, &LockSlot::number);
    return std::move(had_);
  }

 private:
  Result<void> wait_for_next() {
    HOLDFAST_TRY(const LockThreads::News news, threads_.next());
    LockSlot& slot = taken_[news.index];
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
    return threads_.add(taken_.back().file.get(), {}, taken_.size() - 1);
  }

  const SlotOrder& order_;
  LockThreads threads_;
  std::vector<LockSlot> had_;
  std::vector<LockSlot> taken_;
  std::size_t renewals_ = 0;
};

// What the helper says: first that it waits, then each slot that it has (with the descriptor), and
// at the end that it has everything, or why it does not.
struct HelperNews {
  enum class Kind : std::uint8_t { waits, slot, had, failed } kind = Kind::waits;
  unsigned slot = 0;
  std::array<char, 240> why{};  // with a NUL at its end
};

std::string_view as_packet(const HelperNews& news) {
  return {reinterpret_cast<const char*>(&news), sizeof news};
}

HelperNews failed(const Error& error) {
  HelperNews news{.kind = HelperNews::Kind::failed};
  // The end of the text says what happened; its beginning is a path.
  const std::string why = to_text(error);
  last_bytes(why, news.why.size() - 1).copy(news.why.data(), news.why.size() - 1);
  return news;
}

// None: what came is none.
std::optional<HelperNews> news_in(const Result<PacketWithDescriptor>& packet) {
  HelperNews news;
  if (!packet || packet->packet.size() != sizeof news) return std::nullopt;
  std::memcpy(&news, packet->packet.data(), sizeof news);
  return news;
}

// Blocks. There is a thread for each holder or slot that is waited for: nothing else tells when a
// lock becomes free. Threads that are no longer needed go on. So the process must have one thread
// when it calls this, and must end right after the call.
Result<std::vector<LockSlot>> wait_for_turn(const TurnOrder& order) {
  if (retried([&] { return order.queue->wait_for_head() ? 0 : -1; }) != 0) {
    return system_error("wait in the queue of the lock");
  }
  if (retried([&] { return ::flock(order.lock, order.flock_mode); }) != 0) {
    return system_error("lock its file");
  }
  if (order.amount.units == 0 && order.slots.numbers.empty()) return std::vector<LockSlot>{};
  allow_many_descriptors();  // each holder or slot needs one
  // These objects are never destroyed: when enough is taken, some threads still wait, and use the
  // descriptors.
  if (order.amount.units == 0) return (new SlotsWait(order.slots))->run();
  HOLDFAST_DO((new AmountWait(order.amount))->run());
  return std::vector<LockSlot>{};
}

// Our parent may have descriptors of other locks, which are to be free when it closes them.
void keep_only_of(const TurnOrder& order, int tell) {
  std::vector<int> kept{0, 1, 2, order.queue->file(), order.lock, tell};
  if (order.slots.directory != nullptr) kept.push_back(order.slots.directory->get());
  close_all_but(std::move(kept));
}

[[noreturn]] void be_helper(const TurnOrder& order, int tell, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(1);
  keep_only_of(order, tell);
  // This message comes early to save time later. When memory is touched for the first time after a
  // fork, the kernel copies or maps it, here and in our parent. While a lock is handed on, that
  // would take half of the time.
  if (!send_packet(tell, as_packet(HelperNews{}))) ::_exit(1);
  const Result<std::vector<LockSlot>> had = wait_for_turn(order);
  if (!had) {
    (void)send_packet(tell, as_packet(failed(had.error())));
    ::_exit(1);
  }
  for (const LockSlot& slot : *had) {
    const HelperNews news{.kind = HelperNews::Kind::slot, .slot = slot.number};
    if (!send_descriptors(tell, as_packet(news), {slot.file.get()})) ::_exit(1);
  }
  (void)send_packet(tell, as_packet({.kind = HelperNews::Kind::had}));
  // Our parent also leaves the queue, in case we are killed before this.
  order.queue->leave();
  // The end of a process costs more than all of the above, and might come before our parent runs.
  // So we let the parent go first. It closes its end of the socket when it has finished.
  char end = 0;
  (void)retried([&] { return ::read(tell, &end, 1); });
  ::_exit(0);
}

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

Result<bool> take_turn_now(const TurnOrder& order, std::vector<LockSlot>& slots) {
  if (!order.queue->is_head()) {
    if (errno == EAGAIN || errno == EACCES) return false;
    return system_error("look at the queue of the lock");
  }
  if (retried([&] { return ::flock(order.lock, order.flock_mode | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) return false;
    return system_error("lock its file");
  }
  if (order.amount.units != 0 && !take_free_amount(order.amount)) return false;
  if (!order.slots.numbers.empty()) {
    HOLDFAST_TRY(std::vector<LockSlot> free, take_free_slots(order.slots));
    // We release the slots that we got here. The wait takes them again, and meanwhile nobody can
    // take them before us.
    if (free.size() < order.slots.units) return false;
    slots = std::move(free);
  }
  order.queue->leave();
  return true;
}

LockTurn::LockTurn(LockTurn&& other) noexcept
    : ready_(std::move(other.ready_)),
      helper_(std::exchange(other.helper_, -1)),
      owner_(other.owner_) {}

LockTurn::~LockTurn() { reap_helper(); }

void LockTurn::reap_helper() {
  // A guard has a copy of this object, but the helper is not the guard's child.
  if (helper_ <= 0 || ::getpid() != owner_) return;
  // The helper keeps its number until somebody waits for it. A caller that reaps all its children
  // may have done so.
  if (retried([&] { return ::waitpid(helper_, nullptr, WNOHANG); }) == 0) {
    ::kill(helper_, SIGKILL);
    retried([&] { return ::waitpid(helper_, nullptr, 0); });
  }
  helper_ = -1;
}

Result<void> LockTurn::start_waiting(const TurnOrder& order) {
  HOLDFAST_TRY(auto ends, packet_pair());
  reap_helper();
  owner_ = ::getpid();
  helper_ = ::fork();
  if (helper_ < 0) return system_error("start a process that waits for a lock");
  if (helper_ == 0) {
    ends.first.reset();
    be_helper(order, ends.second.get(), owner_);
  }
  ready_ = std::move(ends.first);
  ends.second.reset();
  if (news_in(receive_with_descriptor(ready_.get()))) return {};
  return Error{"start a process that waits for a lock: it was killed"};
}

Result<std::vector<LockSlot>> LockTurn::finish_waiting(const LockQueue& queue) {
  const UniqueFd hear = std::move(ready_);
  std::vector<LockSlot> slots;
  while (true) {
    Result<PacketWithDescriptor> packet = receive_with_descriptor(hear.get());
    const std::optional<HelperNews> news = news_in(packet);
    if (news && news->kind == HelperNews::Kind::had) {
      queue.leave();
      return slots;
    }
    if (news && news->kind == HelperNews::Kind::slot && packet->descriptor.valid()) {
      slots.push_back({news->slot, std::move(packet->descriptor)});
      continue;
    }
    if (news && news->kind == HelperNews::Kind::failed) return ErrorInWords{news->why.data()};
    return Error{"wait: the waiting process was killed"};
  }
}

}  // namespace holdfast::os
