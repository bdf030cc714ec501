// What the answers of etcd's gateway mean. Numbers of 64 bits are strings there, keys and values
// are base64. Anybody may write keys, so nothing is taken for granted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/cluster/cluster_party.hpp"

namespace holdfast::etcd {

// Why a call was not served, and what to do.
struct Refusal {
  enum class Kind : std::uint8_t {
    later,        // etcd cannot now: ask again, or another endpoint
    who_are_you,  // the token is not valid, any more
    no_users,     // etcd has no users: ask without a token
    not_found,    // there is no such lease
    never,        // asking again cannot help
    unusable,     // what holdfast.toml says of etcd cannot work: its addresses or certificates
  };
  Kind kind = Kind::later;
  std::string words;  // etcd's own, or libcurl's
};

// None: the call was served. `status`: of HTTP.
std::optional<Refusal> refusal_in(long status, std::string_view body);

std::string token_in(std::string_view body);  // empty: there is none

struct Lease {
  std::string id;
  Milliseconds ttl{0};  // 0: the lease is over
};
// Of k_grant and of k_keep_alive.
std::optional<Lease> lease_in(std::string_view body);

struct Keys {
  std::vector<ClusterParty> parties;  // by create revision
  std::int64_t revision = 0;          // of the store when they were read
};
// Of k_range and of put_body().
std::optional<Keys> keys_in(std::string_view body);

// Of change_body() and held_body(): whether all was as expected.
bool has_succeeded(std::string_view body);

// A line of k_watch.
enum class WatchNews : std::uint8_t {
  nothing,
  begun,
  happened,  // something happened, or more than etcd still knows: look at the keys
  failed,    // the watch is over: look again later
};
WatchNews news_in(std::string_view line);

}  // namespace holdfast::etcd
