// What tests share with their services, and with tests that fixtures connect with them.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "keeper/base/connections.hpp"
#include "keeper/keeper_loop.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast {

std::string_view KeeperLoop::network_refusal(const Policy& policy) const {
  const bool has_network = policy.containment.has(Boundary::netns);
  if (policy.services.empty() || has_network == services_.has_network()) return {};
  return has_network
             ? "containment = \"netns\" is not in the profile, so its services are outside of "
               "its network"
             : "its services have a network of their own, as the profile says, and the test "
               "is outside of it: it needs containment = \"netns\", too";
}

void KeeperLoop::share(const wire::AttemptRequest& request, wire::AttemptGrant& granted,
                       Connection& asker) {
  const Policy& policy = granted.policy;
  const bool has_network = policy.containment.has(Boundary::netns);
  const bool has_tmp = policy.containment.has(Boundary::tmp);
  if (!has_network && !has_tmp) return;
  const auto set = fixtures_.of(request.facts, request.include_count);
  if (!set) {
    granted.refusal =
        "which tests share its network and its /tmp is not known: " + to_text(set.error());
    return;
  }
  asker.shared_set = *set;
  granted.shares_network = has_network && (!policy.services.empty() || *set);
  if (has_network && *set && !policy.services.empty() && !fixtures_.join_services(**set)) {
    granted.refusal =
        "it uses services, and tests that fixtures connect with it have a network without them "
        "already: that it uses services must be known before (HOLDFAST_SERVICES, or an override "
        "with its whole name)";
    return;
  }
  if (!has_tmp || !*set || granted.scratch.empty()) return;
  const Result<std::string> tmp =
      fixtures_.tmp(**set, granted.scratch.substr(0, granted.scratch.rfind('/')));
  if (tmp) {
    granted.shared_tmp = *tmp;
  } else {
    granted.refusal = "it has no /tmp in common with the tests that fixtures connect with it: " +
                      to_text(tmp.error());
  }
}

// A set of fixtures with a test that uses services is in the network of the services.
os::SharedNetwork& KeeperLoop::network_of(const Connection& connection) {
  const std::optional<std::size_t>& set = connection.shared_set;
  const bool is_of_services = !set || !connection.services.empty() ||
                              (services_.has_network() && fixtures_.uses_services(*set));
  return is_of_services ? services_.network() : fixtures_.network(*set);
}

void KeeperLoop::offer_networks() {
  for (Connection& one : connections_) {
    if (one.awaits_network && one.socket.valid()) {
      one.awaits_network = !send_network(one.socket.get(), network_of(one));
    }
  }
}

void KeeperLoop::leave_services(Connection& connection, Farewell farewell) {
  if (connection.use == 0) return;
  services_.leave(std::exchange(connection.use, 0), farewell);
  answer_for_services();
}

void KeeperLoop::answer_for_services() {
  for (const RunServices::Reply& reply : services_.take_replies()) {
    const auto asker = std::ranges::find(connections_, reply.use, &Connection::use);
    if (asker == connections_.end()) continue;
    (void)os::send_message(asker->socket.get(), reply.message);
  }
}

}  // namespace holdfast
