// What the answers of etcd's gateway mean. Numbers of 64 bits are strings there, and keys and
// values are base64. Anybody may write keys, so these functions take nothing for granted.
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
    later,        // etcd cannot serve it now: ask again, or ask another endpoint
    who_are_you,  // the token is not valid, or not any more
    no_users,     // etcd has no users: ask without a token
    not_found,    // there is no such lease
    never,        // asking again cannot help
    unusable,     // the addresses or certificates in holdfast.toml cannot work
  };
  Kind kind = Kind::later;
  std::string words;  // etcd's own, or libcurl's
};

// Returns none if the call was served. `status` is HTTP's.
std::optional<Refusal> refusal_in(long status, std::string_view body);

std::string token_in(std::string_view body);  // empty: there is none

struct Lease {
  std::string id;
  Milliseconds ttl{0};  // 0: the lease is over
};
// Reads the answer to k_grant or k_keep_alive.
std::optional<Lease> lease_in(std::string_view body);

struct Keys {
  std::vector<ClusterParty> parties;  // by create revision
  std::int64_t revision = 0;          // the store's revision when they were read
};
// Reads the answer to k_range or to put_body().
std::optional<Keys> keys_in(std::string_view body);

// Reads the answer to change_body() or held_body(). True: all was as expected.
bool has_succeeded(std::string_view body);

// What a line of k_watch says.
enum class WatchNews : std::uint8_t {
  nothing,
  happened,  // something happened, or more than etcd still knows: look at the keys
  failed,    // the watch is over: look again later
};
WatchNews news_in(std::string_view line);

}  // namespace holdfast::etcd
