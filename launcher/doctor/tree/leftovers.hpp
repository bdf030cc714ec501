// What earlier runs of the build tree left.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "cleanup/dead_runs.hpp"
#include "cleanup/reap.hpp"
#include "doctor/base/finding.hpp"
#include "doctor/tree/requested_resources.hpp"
#include "os/lock/lock_survey.hpp"
#include "values/cluster_settings.hpp"

namespace holdfast::doctor {

struct Leftovers {
  std::string tree;
  std::vector<LeftBehind> unwanted = {};  // `holdfast begin` would end them
  std::vector<LeftBehind> let_go = {};    // a test was allowed to leave them
  std::vector<DeadRun> dead = {};
  std::vector<std::string> lost_services = {};  // kept by hand, and nobody supervises them
  std::vector<std::string> markers = {};        // marker directories of runs that do not go on
  std::string last_run = {};                    // its id
  std::vector<std::string> troubles = {};       // warnings and errors in its log
  // What cannot be looked at, in words: a run has the tree, or nobody can tell.
  std::string unseen = {};
};

// Ends nothing and removes nothing.
Leftovers look_at_leftovers(const std::string& tree);
Findings check_leftovers(const Leftovers& left);

// Who holds the locks that the tests of a build tree want.
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
