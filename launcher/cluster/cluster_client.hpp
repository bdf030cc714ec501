// holdfast-etcd, which has the locks of scope `cluster` for attempts: started when the first of
// them asks for such a lock. It ends when nobody needs it, even if the process that started it is
// killed.
#pragma once

#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "cluster/cluster_wire.hpp"
#include "os/file/descriptors.hpp"
#include "values/cluster_settings.hpp"

namespace holdfast {

// The settings with what our environment says: HOLDFAST_CLUSTER_ENDPOINTS.
Result<ClusterSettings> with_own_environment(const ClusterSettings& settings);

// Starts a holdfast-etcd that belongs to nobody, and tells it the settings, which
// HOLDFAST_CLUSTER_* of our environment may change. Returns the connection on which it takes
// k_connect and k_list.
Result<os::UniqueFd> start_cluster_client(const Result<ClusterSettings>& settings);

// That of a run.
class ClusterClient {
 public:
  explicit ClusterClient(Result<ClusterSettings> settings) : settings_(std::move(settings)) {}

  // Passes on the far end of an attempt's connection. If there is no holdfast-etcd, or not any
  // more, starts one. Says on the connection why that failed. Never waits.
  void connect(os::UniqueFd attempt);

 private:
  Result<void> pass_on(const os::UniqueFd& attempt);

  Result<ClusterSettings> settings_;
  os::UniqueFd control_;
};

// Asks etcd, by holdfast-etcd, who holds locks of scope `cluster` and who waits for them.

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
