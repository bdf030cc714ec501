// What is said about a lock: who holds it, in the record the holder leaves, and to those who wait.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/attach.hpp"
#include "core/duration.hpp"

namespace holdfast {

// Who holds a lock or waits for it, as it stands in the lock's files. docs/locks.md is the format.
struct LockParty {
  ProcessName process;  // the launcher
  std::string boot;     // boot id: a process of another boot is no process
  std::string test;
  std::string tree;  // empty outside a build tree
  std::int64_t since_unix_ms = 0;

  friend bool operator==(const LockParty&, const LockParty&) = default;
};

// A record is this long, padded with NUL; long texts are cut.
inline constexpr std::size_t k_party_size = 1024;

std::string to_record(const LockParty& party);
// None for a record that is empty or not understood: the holder is then simply not named.
std::optional<LockParty> parse_party(std::string_view record);

// `db@project is held by "server.start" (pid 4711, tree /b/debug) for 4.2 s`
std::string describe_holder(std::string_view lock, const LockParty& holder,
                            std::int64_t now_unix_ms);

// When a wait is told: soon, then at growing intervals, then every minute. `told` is how many
// times it was.
Milliseconds next_telling(unsigned told);

}  // namespace holdfast
