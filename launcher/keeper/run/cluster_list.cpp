#include "keeper/run/cluster_list.hpp"

#include <poll.h>

#include <map>
#include <optional>
#include <utility>

#include "core/cluster/cluster_words.hpp"
#include "core/cluster/lock_order.hpp"
#include "core/settings/cluster_wire.hpp"
#include "keeper/run/cluster_client.hpp"
#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast {
namespace {

// The next message of the list; none: it did not come.
std::optional<wire::Message> hear(const os::UniqueFd& client, Milliseconds until) {
  pollfd news{client.get(), POLLIN, 0};
  if (::poll(&news, 1, os::poll_time(until)) != 1) return std::nullopt;
  const Result<std::string> packet = os::receive_packet(client.get());
  if (!packet || packet->empty()) return std::nullopt;
  Result<wire::Message> message = wire::decode(*packet);
  if (!message) return std::nullopt;
  return std::move(*message);
}

}  // namespace

Result<std::vector<ClusterQueue>> ask_cluster_locks(const ClusterSettings& settings,
                                                    Milliseconds patience) {
  const Result<os::UniqueFd> client = start_cluster_client(settings);
  if (!client) return client.error();
  const Milliseconds until = os::monotonic_now() + patience;
  const wire::Message question{std::string(cluster::k_list), {}};
  if (Result<void> sent = os::send_packet(client->get(), wire::encode(question)); !sent) {
    return sent.error();
  }
  std::map<std::pair<std::string, std::string>, ClusterQueue> queues;
  while (true) {
    const std::optional<wire::Message> message = hear(*client, until);
    if (!message) return ErrorInWords{"etcd cannot be asked for its locks: it does not answer"};
    if (const std::string_view why = message->get("why"); !why.empty()) {
      return ErrorInWords{"etcd cannot be asked for its locks: " + std::string(why)};
    }
    if (message->fields.empty()) break;
    ClusterParty party = to_party(*message);
    const std::optional<cluster::LockKey> key = cluster::parse_lock_key(party.key);
    if (!key) continue;
    ClusterQueue& queue = queues[{key->name, key->level}];
    queue.name = key->name;
    queue.below = key->level;
    queue.parties.push_back(std::move(party));
  }
  std::vector<ClusterQueue> all;
  for (auto& [place, queue] : queues) all.push_back(std::move(queue));
  return all;
}

}  // namespace holdfast
