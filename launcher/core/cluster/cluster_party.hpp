// A party is a holder of a lock of scope `cluster`, or a waiter for it, as the value of its key
// describes it.
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

// Reads the text after the `:` of a spec. If it is not understood, the mode stays exclusive.
void read_how(std::string_view how, ClusterParty& party);

}  // namespace holdfast
