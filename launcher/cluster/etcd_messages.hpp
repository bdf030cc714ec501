// Our calls to etcd's gateway (v3): their paths and their JSON.
// https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "values/cluster_settings.hpp"

namespace holdfast::etcd {

inline constexpr std::string_view k_authenticate = "/v3/auth/authenticate";
inline constexpr std::string_view k_grant = "/v3/lease/grant";
inline constexpr std::string_view k_keep_alive = "/v3/lease/keepalive";
inline constexpr std::string_view k_revoke = "/v3/lease/revoke";
inline constexpr std::string_view k_txn = "/v3/kv/txn";
inline constexpr std::string_view k_range = "/v3/kv/range";
inline constexpr std::string_view k_watch = "/v3/watch";

std::string authenticate_body(std::string_view user, std::string_view password);
std::string grant_body(Milliseconds ttl);
// The body for k_keep_alive and for k_revoke.
std::string lease_body(const std::string& lease);

// The value of a key.
std::string value_of(const ClusterParty& party);

// Puts the key if it is not there yet, and reads all keys of `prefix`, in one step.
std::string put_body(const std::string& key, const std::string& value, const std::string& lease,
                     const std::string& prefix);
// Changes the value if the key is still as it was at `revision`, its last change. A change that
// arrives late must not undo a later one.
std::string change_body(const std::string& key, const std::string& value, const std::string& lease,
                        std::int64_t revision);
// Succeeds if all these keys are still the ones that were made at their revisions.
std::string held_body(const std::vector<ClusterParty>& held);
// Reads all keys of `prefix`, by create revision.
std::string range_body(const std::string& prefix);
// Watch from `revision` on: all changes of one key, or only the ends of the keys of a prefix.
std::string watch_one_body(const std::string& key, std::int64_t revision);
std::string watch_ends_body(const std::string& prefix, std::int64_t revision);

// What the answers of etcd's gateway mean. Numbers of 64 bits are strings there, and keys and
// values are base64. Anybody may write keys, so these functions take nothing for granted.

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
