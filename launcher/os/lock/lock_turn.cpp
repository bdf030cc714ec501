#include "os/lock/lock_turn.hpp"

#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/base/number.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/system_call.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::os {
namespace {

// The messages of the helper. First it says that it waits. For each slot it sends a packet (`s` and
// the number) with the descriptor. At the end it says that it has everything, or why it does not.
constexpr std::string_view k_waits = "waits";
constexpr std::string_view k_had = "had";
constexpr char k_slot = 's';
constexpr char k_failed = 'f';

Result<std::vector<LockSlot>> wait_for_turn(const TurnOrder& order) {
  if (retried([&] { return order.queue->wait_for_head() ? 0 : -1; }) != 0) {
    return system_error("wait in the queue of the lock");
  }
  if (retried([&] { return ::flock(order.lock, order.flock_mode); }) != 0) {
    return system_error("lock its file");
  }
  if (order.amount.units != 0) {
    HOLDFAST_DO(wait_for_amount(order.amount));
  }
  if (order.slots.numbers.empty()) return std::vector<LockSlot>{};
  return wait_for_slots(order.slots);
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
  if (!send_packet(tell, k_waits)) ::_exit(1);
  const Result<std::vector<LockSlot>> had = wait_for_turn(order);
  if (!had) {
    (void)send_packet(tell, k_failed + to_text(had.error()));
    ::_exit(1);
  }
  for (const LockSlot& slot : *had) {
    const std::string packet = k_slot + std::to_string(slot.number);
    if (!send_descriptors(tell, packet, {slot.file.get()})) ::_exit(1);
  }
  (void)send_packet(tell, k_had);
  // Our parent also leaves the queue, in case we are killed before this.
  order.queue->leave();
  // The end of a process costs more than all of the above, and might come before our parent runs.
  // So we let the parent go first. It closes its end of the socket when it has finished.
  char end = 0;
  (void)retried([&] { return ::read(tell, &end, 1); });
  ::_exit(0);
}

}  // namespace

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

LockTurn::~LockTurn() { bury_helper(); }

void LockTurn::bury_helper() {
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
  bury_helper();
  owner_ = ::getpid();
  helper_ = ::fork();
  if (helper_ < 0) return system_error("start a process that waits for a lock");
  if (helper_ == 0) {
    ends.first.reset();
    be_helper(order, ends.second.get(), owner_);
  }
  ready_ = std::move(ends.first);
  ends.second.reset();
  const Result<PacketWithDescriptor> begun = receive_with_descriptor(ready_.get());
  if (begun && begun->packet == k_waits) return {};
  return Error{"start a process that waits for a lock: it was killed"};
}

Result<std::vector<LockSlot>> LockTurn::finish_waiting(const LockQueue& queue) {
  const UniqueFd hear = std::move(ready_);
  std::vector<LockSlot> slots;
  while (true) {
    Result<PacketWithDescriptor> news = receive_with_descriptor(hear.get());
    const std::string packet = news ? news->packet : std::string{};
    if (packet == k_had) {
      queue.leave();
      return slots;
    }
    if (!packet.empty() && packet[0] == k_slot && news->descriptor.valid()) {
      const unsigned number =
          leading_number<unsigned>(std::string_view(packet).substr(1)).value_or(0);
      slots.push_back({number, std::move(news->descriptor)});
      continue;
    }
    if (!packet.empty() && packet[0] == k_failed) return ErrorInWords{packet.substr(1)};
    return Error{"wait: the waiting process was killed"};
  }
}

}  // namespace holdfast::os
