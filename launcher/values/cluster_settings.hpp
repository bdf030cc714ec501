// Which etcd has the locks of scope `cluster`, and how it is reached: [cluster] of holdfast.toml
// and two variables of the environment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "values/lock_spec.hpp"

namespace holdfast {

// A party is a holder of a lock of scope `cluster`, or a waiter for it, as the value of its key
// describes it.
struct ClusterParty {
  std::string host;
  std::string user;
  std::string tree;  // empty: outside a build tree
  std::string test;
  std::int64_t pid = 0;  // the launcher's pid, on its host
  std::string boot;      // boot id of the host
  std::string attempt;
  LockMode mode = LockMode::exclusive;
  std::uint64_t units = 1;  // counted, amount
  std::uint64_t size = 1;   // counted, amount
  // Only for a counted lock or one with an amount: the holder has noted in its key that it has the
  // lock.
  bool has_noted = false;
  std::vector<unsigned> slots;  // the slots that it has noted, for a counted lock
  std::int64_t revision = 0;    // the key's create revision; not in the value
  std::int64_t changed = 0;     // the revision of its last change; not in the value
  std::string key;              // not in the value

  friend bool operator==(const ClusterParty&, const ClusterParty&) = default;
};

// Returns a text such as `"server.start" (pid 4711 on host9, tree /b/debug)`. If the value is not
// Holdfast's, the text is the key.
std::string describe_party(const ClusterParty& party);

inline constexpr Milliseconds k_default_cluster_ttl{30'000};
inline constexpr Milliseconds k_longest_cluster_ttl{3'600'000};

// A password is never among these: it stays in the environment.
struct ClusterSettings {
  std::vector<std::string> endpoints;  // `https://host:2379`; empty: nobody has named an etcd
  std::string endpoints_from = {};     // where they are set: a place in the file, or the variable
  Milliseconds ttl = k_default_cluster_ttl;  // whole seconds
  // Absolute paths; empty: not set.
  std::string ca = {};
  std::string cert = {};
  std::string key = {};
  std::string user = {};  // empty: etcd asks for none

  friend bool operator==(const ClusterSettings&, const ClusterSettings&) = default;
};

// Reads an address such as `http://127.0.0.1:2379`. Leaves out slashes at its end.
Result<std::string> parse_etcd_address(std::string_view text);

// `variable` is the value of HOLDFAST_CLUSTER_ENDPOINTS, which wins over the file. Null: it is not
// set.
Result<ClusterSettings> with_environment(ClusterSettings settings, const char* variable);

}  // namespace holdfast
