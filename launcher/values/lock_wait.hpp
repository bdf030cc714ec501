// What Holdfast says about a lock: in the records of its holders and waiters, and to people while a
// test waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/process_name.hpp"
#include "values/lock_spec.hpp"

namespace holdfast {

// A holder of a lock or a waiter, as the lock's files record it: docs/reference/lock-files.md.
struct LockParty {
  ProcessName process;  // the launcher
  // The boot id, after which a process is gone, and the PID namespace: os::numbering_id().
  std::string boot;
  std::string test;
  std::string tree;  // empty outside a build tree
  std::int64_t since_unix_ms = 0;
  // How the party holds or wants the lock. If the record does not say, exclusively.
  LockMode mode = LockMode::exclusive;
  std::uint64_t units = 1;           // counted, amount
  std::uint64_t size = 0;            // counted, amount
  std::vector<unsigned> slots = {};  // of a holder of a counted lock
  std::int64_t ticket = 0;           // of a waiter: its place in the queue
  // `attempt` and `around` help to find a circle of nested runs that wait for one another.
  std::string attempt = {};
  std::vector<std::string> around = {};  // the attempts around the party, as far as they hold locks

  // As seen now; not in the record.
  bool stopped = false;
  bool elsewhere = false;  // the process number is one of another PID namespace

  void say_how(const LockSpec& spec);

  friend bool operator==(const LockParty&, const LockParty&) = default;
};

// Every record has this many bytes: it is padded with NUL, and long texts are cut.
inline constexpr std::size_t k_party_size = 1024;

std::string to_record(const LockParty& party);
// None for a record that is empty or not understood: then the party stays unnamed.
std::optional<LockParty> parse_party(std::string_view record);

// What stands between a waiter and its lock, as far as is known.
struct LockObstacles {
  std::vector<LockParty> holders;
  std::vector<LockParty> before;       // earlier waiters, in order
  std::size_t ahead = 0;               // how many earlier waiters, even those without a record
  std::vector<std::string> strangers;  // holders by flock(2), without a record: `"sleep 5" (pid 7)`
};

// `"server.start" (pid 4711, tree /b/debug)`
std::string describe_party(const LockParty& party);

// The same in words, whatever kind of lock it is.
struct ObstacleWords {
  std::string holder = {};  // empty: the lock is being handed on
  std::size_t holders = 0;  // how many
  std::size_t ahead = 0;    // how many wait before us
  std::string waiter = {};  // one of these, with a word before that says which; empty: not known
};
std::string describe_obstacles(std::string_view lock, const ObstacleWords& words);
// `db@project is held by "server.start" (pid 4711, tree /b/debug) for 4.2 s; 2 before us`
std::string describe_obstacles(std::string_view lock, const LockObstacles& obstacles,
                               std::int64_t now_unix_ms);

// `0,2,3`
std::string to_text(const std::vector<unsigned>& slots);
// Leaves out what is no slot.
std::vector<unsigned> parse_slots(std::string_view text);

// When to tell of a wait: soon, then at growing intervals, then every minute. `told`: how often the
// wait was told so far.
Milliseconds next_telling(unsigned told);

}  // namespace holdfast
