// What tests share with their services, and with tests that fixtures connect with them.
#include <optional>
#include <string_view>

#include "keeper/base/network_offer.hpp"
#include "keeper/keeper_loop.hpp"

namespace holdfast {

void KeeperLoop::contain_services() {
  if (!order_.settings) return;
  const Result<ResolvedPolicy> all = resolve(values_of(order_.settings->settings(), {}), {});
  if (all) services_.contain(all->policy.containment, all->policy.containment_missing);
}

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
  asker.among = fixtures_.of(request.facts, request.include_count);
  granted.shares_network = has_network && (!policy.services.empty() || asker.among.set);
  if (!has_tmp || !asker.among.set || granted.scratch.empty()) return;
  granted.shared_tmp =
      fixtures_.tmp(*asker.among.set, granted.scratch.substr(0, granted.scratch.rfind('/')));
}

// A set of fixtures with a test that uses services is in the network of the services.
os::SharedNetwork& KeeperLoop::network_of(const Connection& connection) {
  const std::optional<std::size_t>& set = connection.among.set;
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

}  // namespace holdfast
