// Which etcd has the locks of scope `cluster`, and how it is reached: [cluster] of holdfast.toml
// and two variables of the environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace holdfast {

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
