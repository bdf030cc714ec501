// What launchers, keepers and holdfast-etcd say to each other about locks of scope `cluster`:
// settings, holders and waiters. One message per packet (base/message.hpp).
//
// An attempt has a connection of its own with holdfast-etcd. Its locks are freed when the last
// descriptor of its end is closed. The launcher and the guard have one, and the keeper has a
// duplicate. holdfast-etcd writes into shared memory until when the lease holds. So nobody has to
// read messages while the test runs, and a holdfast-etcd that is stopped renews nothing. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "values/cluster_settings.hpp"
#include "values/fields.hpp"
#include "values/held_locks.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::cluster {

// keeper or `holdfast run` -> holdfast-etcd, first on the connection that it is started with: the
// settings (values/cluster_settings.hpp). Answered only by k_refused, if they are not
// understood.
inline constexpr std::string_view k_settings = "cluster_settings";
// launcher -> keeper, and whoever has started it -> holdfast-etcd: with a descriptor, the far end
// of an attempt's own connection, and where to log. Everything else is said there.
inline constexpr std::string_view k_connect = "cluster";
// `holdfast locks` -> holdfast-etcd: who holds locks and who waits? The answer has the same kind,
// once for each ClusterParty, or has `why`. An empty message ends it.
inline constexpr std::string_view k_list = "list";

// holdfast-etcd -> launcher: the attempt cannot get the lock. `why` says so in one sentence.
inline constexpr std::string_view k_refused = "refused";
// launcher -> holdfast-etcd: what does the attempt wait for? The answer has the same kind and
// `why`.
inline constexpr std::string_view k_waiting = "waiting";

// The shared memory says until when the lease holds, in CLOCK_BOOTTIME milliseconds; 0: there is no
// lease yet. When holdfast-etcd loses the lease or a key, it writes one of these values, and hangs
// up.
inline constexpr std::int64_t k_lease_lost = -1;
inline constexpr std::int64_t k_key_lost = -2;  // the lease holds, but somebody has deleted a key

// `said` is what a holdfast-etcd said that ended without having begun.
inline Error not_started(std::string_view said) {
  // The dynamic linker says this.
  if (said.find("libcurl.so.4: cannot open") != std::string_view::npos) {
    return ErrorInWords{"holdfast-etcd needs libcurl, which is not installed (Debian: libcurl4)"};
  }
  return ErrorInWords{text_of({"holdfast-etcd does not start: ", brief(said)})};
}

// How long `holdfast locks` waits for the list.
inline constexpr Milliseconds k_list_patience{8000};

// The last process of the test must be gone this long before the lease ends.
inline constexpr Milliseconds k_lease_margin{1000};

// Returns when Holdfast must begin to end a test whose lease holds until `until`.
constexpr Milliseconds end_before(Milliseconds until, Milliseconds grace) {
  return until - grace - k_lease_margin;
}

// With a shorter lease, less than half of it would be left for renewals.
constexpr Milliseconds shortest_ttl(Milliseconds grace) { return (grace + k_lease_margin) * 2; }

// How long after a renewal the next one comes, and how long an answer may take.
constexpr Milliseconds renewal_interval(Milliseconds ttl) { return ttl / 5; }
constexpr Milliseconds answer_patience(Milliseconds ttl) {
  return std::clamp(ttl / 6, Milliseconds{1000}, Milliseconds{5000});
}

}  // namespace holdfast::cluster

namespace holdfast {

void each_field(wire::Any<ClusterSettings> auto& settings, auto&& use) {
  use("endpoint", settings.endpoints);
  use("ttl_ms", settings.ttl);
  use("ca", settings.ca);
  use("cert", settings.cert);
  use("key", settings.key);
  use("user", settings.user);
}

void each_field(wire::Any<ClusterParty> auto& party, auto&& use) {
  use("host", party.host);
  use("user", party.user);
  use("tree", party.tree);
  use("test", party.test);
  use("pid", party.pid);
  use("boot", party.boot);
  use("attempt", party.attempt);
  use("mode", party.mode, LockMode::exclusive);
  use("units", party.units, 1);
  use("size", party.size, 1);
  use("noted", party.has_noted);
  use("slot", party.slots);
  use("revision", party.revision, 0);
  use("key", party.key);
}

void each_field(wire::Any<LockLevel> auto& level, auto&& use) {
  use("attempt", level.attempt);
  use("slots", level.slots, wire::k_counted);
  use("amount", level.amount, wire::k_needed);
}

// launcher -> holdfast-etcd, first on its connection, with the descriptor of the memory.
struct ClusterBegin {
  static constexpr std::string_view k_kind = "begin";
  ClusterParty party;
  Milliseconds grace{0};
};

void each_field(wire::Any<ClusterBegin> auto& begin, auto&& use) {
  use("party", begin.party, wire::k_needed);
  use("grace_ms", begin.grace, wire::k_needed);
}

// launcher -> holdfast-etcd: the attempt wants a lock. If an attempt around this one has the lock,
// `level` says which, and how much of the lock it has. The answer is ClusterAcquired or k_refused,
// however long that takes.
struct ClusterAsk {
  static constexpr std::string_view k_kind = "ask";
  LockSpec lock;
  LockLevel level;
};

void each_field(wire::Any<ClusterAsk> auto& ask, auto&& use) {
  use("lock", ask.lock, wire::k_needed);
  use("level", ask.level, wire::k_needed);
}

// holdfast-etcd -> launcher: the attempt has the lock.
struct ClusterAcquired {
  static constexpr std::string_view k_kind = "had";
  std::int64_t fence = 0;       // the create revision of its key
  std::vector<unsigned> slots;  // the numbers of its slots
};

void each_field(wire::Any<ClusterAcquired> auto& had, auto&& use) {
  use("fence", had.fence, wire::k_needed);
  use("slots", had.slots, wire::k_counted);
}

// launcher -> holdfast-etcd: does an attempt of this machine have a lock? The answer has the same
// kind and `yes`.
struct ClusterIsHeld {
  static constexpr std::string_view k_kind = "is_held";
  LockSpec lock;
  std::string attempt;
  std::string level;
};

void each_field(wire::Any<ClusterIsHeld> auto& question, auto&& use) {
  use("lock", question.lock, wire::k_needed);
  use("attempt", question.attempt, wire::k_needed);
  use("level", question.level);
}

}  // namespace holdfast
