// Who holds a lock, and who waits for it.
//
// The locks that the ancestors of this launcher hold (HOLDFAST_HELD). A run inside a test that
// holds `db` must not wait for that test, yet the tests of the inner run must exclude one another.
// So these tests take `db` at a level of their own. The level is named after the attempt above them
// that holds `db`.
#pragma once

#include <algorithm>
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

// The lock by which an attempt runs with nothing beside it: `retry-alone` of holdfast.toml. If a
// project sets `retry-alone` for any test, each test of the project holds the lock shared. An
// attempt that runs alone holds the lock exclusively.

inline constexpr const char* k_retry_alone_lock = "RETRY_ALONE";

inline LockSpec retry_alone_lock() {
  return {.name = k_retry_alone_lock, .mode = LockMode::shared, .scope = LockScope::build};
}

inline bool is_retry_alone_lock(const LockSpec& lock) {
  return lock.name == k_retry_alone_lock && lock.scope == LockScope::build;
}

// Makes that lock exclusive, if it is among `locks`.
inline void have_to_itself(std::vector<LockSpec>& locks) {
  for (LockSpec& lock : locks) {
    if (is_retry_alone_lock(lock)) lock.mode = LockMode::exclusive;
  }
}

// Whether the attempt that holds `locks` runs alone.
inline bool has_to_itself(const std::vector<LockSpec>& locks) {
  return std::any_of(locks.begin(), locks.end(), [](const LockSpec& lock) {
    return is_retry_alone_lock(lock) && lock.mode == LockMode::exclusive;
  });
}

// The level at which a lock is taken.
struct LockLevel {
  std::string attempt;          // the attempt above us that holds the lock; empty: none holds it
  std::vector<unsigned> slots;  // of a counted lock: the slots that this attempt has; empty: all
  std::uint64_t amount = 0;     // of a lock with an amount: the KiB that it has; 0: all

  friend bool operator==(const LockLevel&, const LockLevel&) = default;
};

// The lock by which a test with RUN_SERIAL is alone among the tests of all runs. If an enclosing
// test holds the lock shared, an inner test may still hold it exclusively, among the tests inside
// that enclosing test.
inline constexpr std::string_view k_run_serial_lock = "RUN_SERIAL";

// Entries `<place>[:<how>]#<attempt>`, separated by commas, the nearest attempt first. The place is
// that of place_of(). `how` is `shared`, for a counted lock `<slot>+<slot>…/<size>`, and for a lock
// with an amount the text of its mode: `6GiB/24GiB`.
class HeldLocks {
 public:
  explicit HeldLocks(std::string_view text);

  // The nearest attempt below which the lock at `place` must be taken; empty: no ancestor holds it.
  std::string level_of(std::string_view place) const;

  // The level for `spec`, which is taken at `place`. Fails if `spec` asks for more than the
  // ancestor has: an exclusive lock below a shared one, or more units. Such a request would wait
  // for the ancestor for ever.
  Result<LockLevel> level_for(const LockSpec& spec, std::string_view place) const;

  // Whether an attempt below the level for `spec` holds a lock that comes later in the global
  // order. Then a request for `spec` may close a circle of waits.
  bool is_out_of_order(const LockSpec& spec, std::string_view place) const;

  // Adds the entries in `text`, which HOLDFAST_HELD lacks because an attempt between lost the
  // variable. So these entries belong to attempts farther away than those that the variable names.
  void add_farther(std::string_view text);

  // Goes through the attempts that hold the lock at `place`, the nearest first, and forgets that
  // they hold it, until an attempt still has the lock. An attempt has taken the lock at the top, or
  // at the level of another of these attempts. `has_it(attempt, level)` says whether `attempt` has
  // the lock at `level`. attempts() still names the forgotten attempts.
  template <typename HasIt>
  void forget_released(std::string_view place, HasIt has_it) {
    const std::vector<std::string> chain = holders_of(place);
    for (std::size_t i = 0; i < chain.size(); ++i) {
      bool has = has_it(chain[i], std::string{});
      for (std::size_t level = i + 1; level < chain.size() && !has; ++level) {
        has = has_it(chain[i], chain[level]);
      }
      if (has) return;
      forget(place, chain[i]);
    }
  }

  // The attempts that hold the lock at `place`, the nearest first.
  std::vector<std::string> holders_of(std::string_view place) const;
  // The attempts around us that hold or held locks, the nearest first.
  std::vector<std::string> attempts() const;

  // The HOLDFAST_HELD for the test of `attempt` and everything below it. `attempt` has taken the
  // locks at `places` (entries without `#…`).
  std::string with(const std::vector<std::string>& places, std::string_view attempt) const;

 private:
  const std::string* entry_of(std::string_view place) const;
  void forget(std::string_view place, std::string_view attempt);

  std::vector<std::string> entries_;
};

// The entry of a lock that is held: `user/db`, `user/db:shared`, `user/gpu:0+2/4`,
// `user/memory:6GiB`.
std::string held_entry(const std::string& place, const LockSpec& spec,
                       const std::vector<unsigned>& slots);

// The locks by which runs that share a build tree keep their tests apart (docs/reference/locks.md).
// With these locks, no test runs twice at the same time, and no test of another run runs beside a
// test with RUN_SERIAL. Within one run, ctest itself sees to both.

// The lock that allows one execution of that test at a time.
inline LockSpec lock_of_test(std::string_view key) {
  return {.name = "TEST " + std::string(key), .scope = LockScope::build};
}

// All such locks of that test, in the scope `build`.
inline std::vector<LockSpec> locks_that_keep_apart(std::string_view key, bool run_serial) {
  const LockSpec serial{.name = std::string(k_run_serial_lock),
                        .mode = run_serial ? LockMode::exclusive : LockMode::shared,
                        .scope = LockScope::build};
  return {serial, lock_of_test(key)};
}

// What Holdfast says about a lock: in the records of its holders and waiters, and to people while a
// test waits.

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
