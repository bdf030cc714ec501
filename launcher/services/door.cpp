#include "services/door.hpp"

#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::host {
namespace {

// If a host was killed, its guard has the socket open until it has ended the processes.
constexpr Milliseconds k_guard_patience{10'000};
constexpr Milliseconds k_interval{20};

}  // namespace

Result<Door> Door::open(const std::string& path) {
  Door door;
  door.path_ = path;
  const Milliseconds until = os::monotonic_now() + k_guard_patience;
  while (true) {
    os::Listening listening = os::listen_at(path);
    door.listener_ = std::move(listening.socket);
    if (door.listener_.valid()) return door;
    if (!listening.existed || os::monotonic_now() >= until) return listening.error;
    os::pause_for(k_interval);
  }
}

void Door::join(os::Wait& wait) const {
  wait.on(listener_.get());
  for (const os::UniqueFd& visitor : visitors_) wait.on(visitor.get());
}

void Door::hear(const Use& use) {
  if (os::is_readable(listener_.get())) {
    Result<os::UniqueFd> visitor = os::accept_from(listener_);
    if (visitor && os::is_peer_trusted(*visitor)) visitors_.push_back(std::move(*visitor));
  }
  for (os::UniqueFd& visitor : visitors_) {
    if (!os::is_readable(visitor.get())) continue;
    if (const Result<wire::Message> message = os::receive_message(visitor.get()).message) {
      use(visitor, *message);
    } else {
      visitor.reset();
    }
  }
  std::erase_if(visitors_, [](const os::UniqueFd& visitor) { return !visitor.valid(); });
}

void Door::remove() { (void)os::remove_own(path_); }

}  // namespace holdfast::host
