#include "os/lock/lock_turn.hpp"

#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/text.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::os {
namespace {

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
