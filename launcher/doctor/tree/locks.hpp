// Who holds the locks that the tests of a build tree want.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/cluster/cluster_settings.hpp"
#include "doctor/base/finding.hpp"
#include "doctor/tree/wishes.hpp"
#include "os/lock/lock_survey.hpp"

namespace holdfast::doctor {

struct RunInTree {
  std::string command;  // "ctest -j8"
  std::int64_t pid = 0;
};

struct Locks {
  os::LockSurvey survey = {};
  std::vector<RunInTree> runs = {};  // that go on in the tree
  std::int64_t now_ms = 0;           // since 1970
};

Locks look_at_locks(const std::string& tree);
// `wanted`: the locks that tests want, by their places. `scopes`: the directories of scopes all of
// whose locks count, as nobody knows which ones tests want.
Findings check_locks(const Locks& locks, const std::map<std::string, TestNames>& wanted,
                     const std::vector<std::string>& scopes);

// The etcd that has the locks of scope `cluster`.
struct SeenEtcd {
  std::string trouble = {};  // why it cannot be asked; empty: it can, or nobody has named one
  std::string where = {};    // who has named it: a place in a file, or a variable
};
// `cluster`: as the settings say; our environment may say more. Starts holdfast-etcd if one is
// named. Blocks for `patience` at most.
SeenEtcd look_at_etcd(const ClusterSettings& cluster, Milliseconds patience);
Findings check_etcd(const SeenEtcd& etcd);

// The scopes that only tests of this tree and of its project use.
std::vector<std::string> own_scopes(const LockHome& home);

}  // namespace holdfast::doctor
