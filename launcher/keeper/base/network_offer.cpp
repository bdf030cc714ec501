#include "keeper/base/network_offer.hpp"

#include "core/settings/wire.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast {

bool send_network(int launcher, const os::SharedNetwork& network) {
  if (!network.is_settled()) return false;
  wire::Message message{std::string(wire::k_network), {}};
  if (network.state() == os::SharedNetwork::State::failed) {
    message.add("why", network.trouble());
    (void)os::send_packet(launcher, wire::encode(message));
  } else {
    (void)os::send_descriptors(launcher, wire::encode(message), {network.descriptor()});
  }
  return true;
}

}  // namespace holdfast
