#include "os/lock/lock_slots.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/names.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/system_call.hpp"
#include "os/lock/lock_directory.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_stack = 64UL * 1024;
// How often the files of slots may be replaced while we wait.
constexpr std::size_t k_most_renewals = 64;

// The argument of a thread.
struct Waiter {
  int file = -1;
  int tell = -1;
  int index = 0;
};

struct News {
  int index = 0;
  int error = 0;
};

// A thread makes only system calls, because the process may end while the thread waits.
void* wait_for_one(void* argument) {
  const Waiter waiter = *static_cast<Waiter*>(argument);
  const int locked = retried([&] { return ::flock(waiter.file, LOCK_EX); });
  const News news{waiter.index, locked == 0 ? 0 : errno};
  (void)::write(waiter.tell, &news, sizeof news);
  return nullptr;
}

Result<LockSlot> open_slot(const SlotOrder& order, unsigned number) {
  Result<UniqueFd> file = open_lock_file(*order.directory, slot_file(number), order.file_mode);
  if (!file) return file.error();
  return LockSlot{number, std::move(*file)};
}

// Takes the slot if it is free and its file still has its name.
Result<bool> take_if_free(LockSlot& slot, const SlotOrder& order) {
  while (true) {
    if (retried([&] { return ::flock(slot.file.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) return false;
      return system_error("lock " + slot_file(slot.number));
    }
    if (has_name(slot.file, *order.directory, slot_file(slot.number))) return true;
    Result<LockSlot> renewed = open_slot(order, slot.number);
    if (!renewed) return renewed.error();
    slot = std::move(*renewed);
  }
}

// Takes the lowest free slots, at most `units`. `taken` gets the slots that others have. If `taken`
// is null, the files of these slots are closed at once, because the limit of descriptors may be
// low.
Result<std::vector<LockSlot>> take_free(const SlotOrder& order, std::vector<LockSlot>* taken) {
  std::vector<LockSlot> had;
  for (unsigned number : order.numbers) {
    if (had.size() == order.units) break;
    Result<LockSlot> slot = open_slot(order, number);
    if (!slot) return slot.error();
    const Result<bool> free = take_if_free(*slot, order);
    if (!free) return free.error();
    if (*free) {
      had.push_back(std::move(*slot));
    } else if (taken != nullptr) {
      taken->push_back(std::move(*slot));
    }
  }
  return had;
}

class SlotsWait {
 public:
  explicit SlotsWait(const SlotOrder& order) : order_(order) {}

  Result<std::vector<LockSlot>> run() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe");
    hear_ = UniqueFd(ends[0]);
    tell_ = UniqueFd(ends[1]);
    if (Result<void> started = start(); !started) return started.error();
    while (had_.size() < order_.units) {
      if (Result<void> more = wait_for_next(); !more) return more.error();
    }
    std::ranges::sort(had_, {}, &LockSlot::number);
    return std::move(had_);
  }

 private:
  Result<void> start() {
    Result<std::vector<LockSlot>> had = take_free(order_, &taken_);
    if (!had) return had.error();
    had_ = std::move(*had);
    if (had_.size() == order_.units) return {};
    waiters_.reserve(2 * order_.numbers.size() + k_most_renewals);
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (Result<void> waits = wait_in_thread(i); !waits) return waits;
    }
    return {};
  }

  Result<void> wait_in_thread(std::size_t index) {
    // The vector has room for all waiters from the beginning, because threads keep pointers into
    // it.
    waiters_.push_back({taken_[index].file.get(), tell_.get(), static_cast<int>(index)});
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, k_stack);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread{};
    const int error = ::pthread_create(&thread, &attributes, wait_for_one, &waiters_.back());
    pthread_attr_destroy(&attributes);
    if (error != 0) return system_error("start a thread that waits for a slot", error);
    return {};
  }

  Result<void> wait_for_next() {
    News news;
    if (retried([&] { return ::read(hear_.get(), &news, sizeof news); }) != sizeof news) {
      return system_error("wait for a slot");
    }
    LockSlot& slot = taken_[static_cast<std::size_t>(news.index)];
    if (news.error != 0) return system_error("lock " + slot_file(slot.number), news.error);
    if (has_name(slot.file, *order_.directory, slot_file(slot.number))) {
      had_.push_back(std::move(slot));
      return {};
    }
    // The file was replaced while we waited. So we wait again, for the file that has the name now.
    Result<LockSlot> renewed = open_slot(order_, slot.number);
    if (!renewed) return renewed.error();
    taken_.push_back(std::move(*renewed));
    if (waiters_.size() == waiters_.capacity())
      return Error{"wait for a slot: its file is removed again and again"};
    return wait_in_thread(taken_.size() - 1);
  }

  const SlotOrder& order_;
  UniqueFd hear_;
  UniqueFd tell_;
  std::vector<LockSlot> had_;
  std::vector<LockSlot> taken_;
  std::vector<Waiter> waiters_;
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

Result<std::vector<LockSlot>> take_free_slots(const SlotOrder& order) {
  return take_free(order, nullptr);
}

Result<std::vector<LockSlot>> wait_for_slots(const SlotOrder& order) {
  allow_many_descriptors();  // each slot needs one
  // This object is never destroyed: when it has enough slots, some threads still use its
  // descriptors.
  auto* wait = new SlotsWait(order);
  return wait->run();
}

}  // namespace holdfast::os
