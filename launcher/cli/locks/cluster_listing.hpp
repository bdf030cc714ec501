// Locks of scope `cluster`, as `holdfast locks` shows them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/cluster/cluster_settings.hpp"
#include "keeper/run/cluster_list.hpp"

namespace holdfast::cli {

// The settings of the project around here, and of the environment.
Result<ClusterSettings> cluster_settings_here();

std::string describe_cluster_locks(const std::vector<ClusterQueue>& queues);
// Elements for the list of all locks (docs/reference/report-formats.md).
nlohmann::ordered_json json_of(const std::vector<ClusterQueue>& queues);

}  // namespace holdfast::cli
