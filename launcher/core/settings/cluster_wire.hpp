// Settings, holders and waiters of scope `cluster` in messages (core/cluster/cluster_words.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/cluster/cluster_settings.hpp"
#include "core/lock/held_locks.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/settings/message.hpp"

namespace holdfast {

// The first message to holdfast-etcd (cluster::k_settings).
wire::Message to_message(const ClusterSettings& settings);
Result<ClusterSettings> to_cluster_settings(const wire::Message& message);

// The fields that the answer to k_list has.
void add_fields(const ClusterParty& party, wire::Message& message);
ClusterParty to_party(const wire::Message& message);

// What core/cluster/cluster_words.hpp says of each of these:
struct ClusterBegin {
  ClusterParty party;
  Milliseconds grace{0};
};
struct ClusterAsk {
  LockSpec lock;
  LockLevel level;
};
struct ClusterHad {
  std::int64_t fence = 0;
  std::vector<unsigned> slots;
};
struct ClusterIsHeld {
  LockSpec lock;
  std::string attempt;
  std::string level;
};
wire::Message to_message(const ClusterBegin& begin);
Result<ClusterBegin> to_cluster_begin(const wire::Message& message);
wire::Message to_message(const ClusterAsk& ask);
Result<ClusterAsk> to_cluster_ask(const wire::Message& message);
wire::Message to_message(const ClusterHad& had);
Result<ClusterHad> to_cluster_had(const wire::Message& message);
wire::Message to_message(const ClusterIsHeld& question);
Result<ClusterIsHeld> to_cluster_is_held(const wire::Message& message);

}  // namespace holdfast
