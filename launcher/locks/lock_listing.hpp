// Locks in use, for people and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cluster/cluster_client.hpp"
#include "os/lock/lock_survey.hpp"

namespace holdfast::cli {

// A lock of this machine or of etcd: who holds it and who waits, in order.
struct ListedLock {
  ListedLock(const os::SurveyedLock& lock);  // NOLINT(google-explicit-constructor)
  ListedLock(const ClusterQueue& queue);     // NOLINT(google-explicit-constructor)

  std::string text;  // one paragraph
  // The format is in docs/reference/report-formats.md.
  nlohmann::ordered_json json;
};

// Empty when there are no locks.
std::string describe_locks(const std::vector<ListedLock>& locks);

nlohmann::ordered_json json_of(const std::vector<ListedLock>& locks);

}  // namespace holdfast::cli
