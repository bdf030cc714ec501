#include "supervision/services/network_asking.hpp"

#include <optional>
#include <utility>

namespace holdfast::supervision {

SharedNetwork ask_for_network(KeeperLink& keeper, Surroundings& around) {
  SharedNetwork network;
  if (!keeper.tell(wire::k_network)) {
    network.lost = "there is no keeper";
    return network;
  }
  while (true) {
    const Waited waited = wait_until(around, k_longest, {{keeper.fd(), POLLIN, 0}});
    if (waited.reason == Waited::Reason::told_to_end) {
      network.is_told_to_end = true;
      network.signal = waited.signal;
      return network;
    }
    os::UniqueFd descriptor;
    const std::optional<wire::Message> message = keeper.hear(&descriptor);
    if (!message) {
      network.lost = "the keeper has ended";
      return network;
    }
    if (message->kind == wire::k_end) {
      network.lost = "the run is over";
      return network;
    }
    if (message->kind != wire::k_network) continue;
    network.trouble = message->get("why");
    network.descriptor = std::move(descriptor);
    return network;
  }
}

}  // namespace holdfast::supervision
