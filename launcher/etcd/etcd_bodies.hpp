// Our calls to etcd's gateway (v3): their paths and their JSON.
// https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/cluster/cluster_party.hpp"

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

}  // namespace holdfast::etcd
