// A holder of a lock of scope `cluster` or a waiter: what the value of its key says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

struct ClusterParty {
  std::string host;
  std::string user;
  std::string tree;  // empty: outside a build tree
  std::string test;
  std::int64_t pid = 0;  // of the launcher, on its host
  std::string boot;      // boot id of the host
  std::string attempt;
  LockMode mode = LockMode::exclusive;
  std::uint64_t units = 1;  // counted, amount
  std::uint64_t size = 1;   // counted, amount
  // Of a counted lock or one with an amount: its holder has noted that it has it.
  bool has_noted = false;
  std::vector<unsigned> slots;  // then, of a counted lock
  std::int64_t revision = 0;    // the key's create revision; not in the value
  std::int64_t changed = 0;     // the revision of its last change; not in the value
  std::string key;              // not in the value

  friend bool operator==(const ClusterParty&, const ClusterParty&) = default;
};

// `"server.start" (pid 4711 on host9, tree /b/debug)`; if the value is not Holdfast's, its key.
std::string describe_party(const ClusterParty& party);

// The text after the `:` of a spec; empty: exclusive.
std::string how_of(const ClusterParty& party);
// Reads that text; what is not understood leaves it exclusive.
void read_how(std::string_view how, ClusterParty& party);

}  // namespace holdfast
