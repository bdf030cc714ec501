#include "etcd/locks_list.hpp"

#include <optional>
#include <string>

#include "core/cluster/cluster_words.hpp"
#include "core/cluster/lock_keys.hpp"
#include "core/settings/cluster_wire.hpp"
#include "core/settings/message.hpp"
#include "etcd/etcd_bodies.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::etcd {
namespace {

void send(int socket, const wire::Message& message) {
  (void)os::send_packet(socket, wire::encode(message));
}

}  // namespace

void list_locks(Etcd& etcd, int socket, std::size_t endpoints, Milliseconds each) {
  const std::string prefix(cluster::k_locks_prefix);
  const auto answer = [&etcd, socket, endpoints, each](const EtcdReply& reply) {
    const bool is_later = reply.refusal && reply.refusal->kind == Refusal::Kind::later;
    if (is_later && endpoints > 1) return list_locks(etcd, socket, endpoints - 1, each);
    const wire::Message none{std::string(cluster::k_list), {}};
    wire::Message last = none;
    const std::optional<Keys> keys = reply.refusal ? std::nullopt : keys_in(reply.body);
    if (!keys) {
      last.add("why", reply.refusal ? reply.refusal->words : "its answer is not understood");
      return send(socket, last);
    }
    for (const ClusterParty& party : keys->parties) {
      wire::Message one = none;
      add_fields(party, one);
      send(socket, one);
    }
    send(socket, last);
  };
  etcd.call(k_range, range_body(prefix), each, answer);
}

}  // namespace holdfast::etcd
