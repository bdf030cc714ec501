// Settings, holders and waiters of scope `cluster` in messages (core/cluster/cluster_words.hpp).
#pragma once

#include "core/cluster/cluster_party.hpp"
#include "core/cluster/cluster_settings.hpp"
#include "core/settings/message.hpp"

namespace holdfast {

// The first message to holdfast-etcd.
wire::Message to_message(const ClusterSettings& settings);
ClusterSettings to_cluster_settings(const wire::Message& message);

// The fields that k_begin has, and those that the answer to k_list has.
void add_fields(const ClusterParty& party, wire::Message& message);
ClusterParty to_party(const wire::Message& message);

}  // namespace holdfast
