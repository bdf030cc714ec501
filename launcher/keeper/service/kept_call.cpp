#include "keeper/service/kept_call.hpp"

#include <algorithm>

#include "keeper/base/keeper_socket.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast {
namespace {

// A host answers in microseconds, unless the machine is busy. A host that is later may be stopped.
constexpr Milliseconds k_stopped_patience{1'000};
constexpr Milliseconds k_patience{5'000};

}  // namespace

KeptCall::KeptCall(const std::string& socket, std::string service, std::string_view kind)
    : service_(std::move(service)) {
  // In this directory nobody else can have put the socket there.
  if (!os::open_user_directory()) return;
  os::Connected host = os::connect_at_once(socket);
  if (!host.socket.valid() || !os::send_packet(host.socket.get(), wire::encode(message_of(kind)))) {
    return;
  }
  answer_.connection = std::move(host.socket);
  wake_at_ = os::monotonic_now() + k_stopped_patience;
  until_ = os::monotonic_now() + k_patience;
}

Milliseconds KeptCall::due() const { return std::min(wake_at_, until_); }

bool KeptCall::look() {
  if (!is_connected()) return true;
  if (os::is_readable(fd())) {
    hear();
    return true;
  }
  const Milliseconds now = os::monotonic_now();
  if (now >= until_) {
    answer_.connection.reset();
    return true;
  }
  if (now >= wake_at_) {
    wake_at_ = k_longest;
    (void)os::continue_peer(fd());
  }
  return false;
}

void KeptCall::hear() {
  const Result<std::string> packet = os::receive_packet(fd());
  const Result<wire::Message> message = wire::decode(packet ? *packet : std::string());
  if (message && message->kind == wire::k_busy) {
    answer_.is_busy = true;
    return;
  }
  if (message) {
    Result<wire::KeptState> state = wire::to_kept_state(*message);
    if (state && (service_.empty() || state->name == service_)) {
      answer_.state = std::move(*state);
      return;
    }
  }
  answer_.connection.reset();
}

}  // namespace holdfast
