// Locks of scope `cluster` for `holdfast locks`: asks etcd, by holdfast-etcd, who holds them and
// who waits.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/cluster/cluster_party.hpp"
#include "core/cluster/cluster_settings.hpp"

namespace holdfast::cli {

// The holders and waiters of one lock, by create revision.
struct ClusterQueue {
  std::string name;
  std::string below;  // the attempt below which nested runs take it; empty: the top
  std::vector<ClusterParty> parties;
};

// The settings of the project around here, and of the environment.
Result<ClusterSettings> cluster_settings_here();

// Blocks until etcd has answered, a few seconds at most. Fails if it does not.
Result<std::vector<ClusterQueue>> ask_cluster_locks(const ClusterSettings& settings);

std::string describe_cluster_locks(const std::vector<ClusterQueue>& queues);
// Elements for the list of all locks (docs/reference/report-formats.md).
nlohmann::ordered_json json_of(const std::vector<ClusterQueue>& queues);

}  // namespace holdfast::cli
