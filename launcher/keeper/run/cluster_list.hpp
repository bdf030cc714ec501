// Asks etcd, by holdfast-etcd, who holds locks of scope `cluster` and who waits for them.
#pragma once

#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/cluster/cluster_party.hpp"
#include "core/cluster/cluster_settings.hpp"
#include "core/cluster/cluster_words.hpp"

namespace holdfast {

// The holders and waiters of one lock, by create revision.
struct ClusterQueue {
  std::string name;
  std::string below;  // the attempt below which nested runs take it; empty: the top
  std::vector<ClusterParty> parties;
};

// Blocks until etcd has answered, and for `patience` at most. Fails if it does not answer.
Result<std::vector<ClusterQueue>> ask_cluster_locks(
    const ClusterSettings& settings, Milliseconds patience = cluster::k_list_patience);

}  // namespace holdfast
