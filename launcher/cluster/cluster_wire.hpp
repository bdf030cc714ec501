// Settings, holders and waiters of scope `cluster` in messages (cluster/cluster_words.hpp). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster_words.hpp"
#include "values/cluster_settings.hpp"
#include "values/fields.hpp"
#include "values/held_locks.hpp"
#include "values/lock_spec.hpp"

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

// What cluster/cluster_words.hpp says of each of these:

struct ClusterBegin {
  static constexpr std::string_view k_kind = cluster::k_begin;
  ClusterParty party;
  Milliseconds grace{0};
};

void each_field(wire::Any<ClusterBegin> auto& begin, auto&& use) {
  use("party", begin.party, wire::k_needed);
  use("grace_ms", begin.grace, wire::k_needed);
}

struct ClusterAsk {
  static constexpr std::string_view k_kind = cluster::k_ask;
  LockSpec lock;
  LockLevel level;
};

void each_field(wire::Any<ClusterAsk> auto& ask, auto&& use) {
  use("lock", ask.lock, wire::k_needed);
  use("level", ask.level, wire::k_needed);
}

struct ClusterHad {
  static constexpr std::string_view k_kind = cluster::k_had;
  std::int64_t fence = 0;
  std::vector<unsigned> slots;
};

void each_field(wire::Any<ClusterHad> auto& had, auto&& use) {
  use("fence", had.fence, wire::k_needed);
  use("slots", had.slots, wire::k_counted);
}

struct ClusterIsHeld {
  static constexpr std::string_view k_kind = cluster::k_is_held;
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
