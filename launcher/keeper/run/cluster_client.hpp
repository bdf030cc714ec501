// holdfast-etcd, which has the locks of scope `cluster` for attempts: started when the first of
// them asks for such a lock. It ends when nobody needs it, even if the process that started it is
// killed.
#pragma once

#include "core/base/result.hpp"
#include "core/cluster/cluster_settings.hpp"
#include "os/file/unique_fd.hpp"

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

}  // namespace holdfast
