// What is said about a lock: who holds it, in the record the holder leaves, and to those who wait.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"
#include "core/lock/lock_spec.hpp"

namespace holdfast {

// Who holds a lock or waits for it, as it stands in the lock's files. docs/reference/lock-files.md
// is the format.
struct LockParty {
  ProcessName process;  // the launcher
  std::string boot;     // boot id: a process of another boot is no process
  std::string test;
  std::string tree;  // empty outside a build tree
  std::int64_t since_unix_ms = 0;
  // What it has or wants. Empty: an exclusive lock, or a record that does not say.
  LockMode mode = LockMode::exclusive;
  unsigned units = 1;                // counted
  unsigned size = 0;                 // counted
  std::vector<unsigned> slots = {};  // of a holder of a counted one
  std::int64_t ticket = 0;           // of who waits: its place in the queue
  // By which a circle of nested runs that wait for one another is found.
  std::string attempt = {};
  std::vector<std::string> around = {};  // the attempts it is in, as far as they hold locks

  bool stopped = false;  // as seen now; not in the record

  void say_how(const LockSpec& spec);

  friend bool operator==(const LockParty&, const LockParty&) = default;
};

// A record is this long, padded with NUL; long texts are cut.
inline constexpr std::size_t k_party_size = 1024;

std::string to_record(const LockParty& party);
// None for a record that is empty or not understood: the holder is then simply not named.
std::optional<LockParty> parse_party(std::string_view record);

// What stands between one who waits and its lock, as far as it is known.
struct LockObstacles {
  std::vector<LockParty> holders;
  std::vector<LockParty> before;       // came before it and wait too, in order
  std::size_t ahead = 0;               // how many those are, with those that left no record
  std::vector<std::string> strangers;  // hold it by flock(2) without a record: `"sleep 5" (pid 7)`
};

// `"server.start" (pid 4711, tree /b/debug)`
std::string describe_party(const LockParty& party);

// `db@project is held by "server.start" (pid 4711, tree /b/debug) for 4.2 s; 2 before us`
std::string describe_obstacles(std::string_view lock, const LockObstacles& obstacles,
                               std::int64_t now_unix_ms);

// `0,2,3`
std::string to_text(const std::vector<unsigned>& slots);

// When a wait is told: soon, then at growing intervals, then every minute. `told` is how many
// times it was.
Milliseconds next_telling(unsigned told);

}  // namespace holdfast
