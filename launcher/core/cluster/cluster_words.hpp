// What launchers, keepers and holdfast-etcd say to each other about locks of scope `cluster`. One
// message per packet (core/settings/message.hpp).
//
// An attempt has a connection of its own with holdfast-etcd. Its locks are freed when the last
// descriptor of its end is closed: that of the launcher, of the guard, and the keeper's duplicate.
// Into a piece of memory that both have, holdfast-etcd writes until when the lease holds. So nobody
// has to read messages while the test runs, and a client that is stopped renews nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "core/base/result.hpp"

namespace holdfast::cluster {

// keeper or `holdfast run` -> holdfast-etcd, first on the connection that it is started with:
// core/cluster/cluster_settings.hpp.
inline constexpr std::string_view k_settings = "cluster_settings";
// launcher -> keeper, and whoever has started it -> holdfast-etcd: with a descriptor, the far end
// of an attempt's own connection. Everything else is said there.
inline constexpr std::string_view k_connect = "cluster";
// `holdfast locks` -> holdfast-etcd: who holds locks and who waits? The answer has the same kind,
// with `lock` and `party` (core/cluster/cluster_party.hpp), or `why`. An empty message ends it.
inline constexpr std::string_view k_list = "list";

// launcher -> holdfast-etcd, first on its connection, with the descriptor of the memory: the fields
// of a ClusterParty, and `grace_ms`.
inline constexpr std::string_view k_begin = "begin";
// launcher -> holdfast-etcd: wants `lock`, a spec. Below an attempt around this one that has it:
// `level`, and then of its lock `level_slots` or `level_amount`. The answer is k_had or k_refused,
// however long that takes.
inline constexpr std::string_view k_ask = "ask";
// holdfast-etcd -> launcher: it has it. `fence`: the create revision of its key; `slots`.
inline constexpr std::string_view k_had = "had";
// holdfast-etcd -> launcher: it cannot be had; `why`, in one sentence.
inline constexpr std::string_view k_refused = "refused";
// launcher -> holdfast-etcd: has the attempt `attempt` of this machine `lock` at the level `level`?
// The answer has the same kind and `yes`.
inline constexpr std::string_view k_is_held = "is_held";
// launcher -> holdfast-etcd: what does it wait for? The answer has the same kind and `why`.
inline constexpr std::string_view k_waiting = "waiting";

// What the shared memory has: until when the lease holds, in CLOCK_BOOTTIME milliseconds. When
// holdfast-etcd loses it, it writes that and hangs up.
inline constexpr std::int64_t k_no_lease = 0;
inline constexpr std::int64_t k_lease_lost = -1;
inline constexpr std::int64_t k_key_lost = -2;  // the lease holds, but somebody has deleted a key

// `said`: what came from a holdfast-etcd that ended without having begun.
inline Error not_started(std::string_view said) {
  return ErrorInWords{text_of({"holdfast-etcd does not start: ", brief(said)})};
}

// How long `holdfast locks` waits for the list.
inline constexpr Milliseconds k_list_patience{8000};

// How long before the lease ends the last process of the test is to be gone.
inline constexpr Milliseconds k_lease_margin{1000};

// When the end of a test begins whose lease holds until `until`.
constexpr Milliseconds end_before(Milliseconds until, Milliseconds grace) {
  return until - grace - k_lease_margin;
}

// A shorter lease would leave a test less than half of it to be renewed in.
constexpr Milliseconds shortest_ttl(Milliseconds grace) { return (grace + k_lease_margin) * 2; }

// When a lease is renewed after it was last renewed, and how long an answer may take.
constexpr Milliseconds renewal_interval(Milliseconds ttl) { return ttl / 5; }
constexpr Milliseconds answer_patience(Milliseconds ttl) {
  const Milliseconds patience = ttl / 6;
  return patience < Milliseconds{1000}   ? Milliseconds{1000}
         : patience > Milliseconds{5000} ? Milliseconds{5000}
                                         : patience;
}

}  // namespace holdfast::cluster
