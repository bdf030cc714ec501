// What the ancestors of this launcher hold (HOLDFAST_HELD). A run inside a test that holds `db`
// must not wait for its own ancestor, yet its tests must exclude one another. So they take `db` at
// a level of their own, named after the attempt that holds it above them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

// The level at which a lock is taken.
struct LockLevel {
  std::string attempt;          // the attempt above that holds it; empty: no ancestor does
  std::vector<unsigned> slots;  // the slots that attempt has of a counted lock; empty: all

  friend bool operator==(const LockLevel&, const LockLevel&) = default;
};

// The lock by which a test with RUN_SERIAL is alone over all runs. If an enclosing test holds it
// shared, an inner test holds it exclusively among its siblings.
inline constexpr std::string_view k_run_serial_lock = "RUN_SERIAL";

// Entries `<place>[:<how>]#<attempt>`, separated by commas, the nearest attempt first. The place is
// that of place_of(). `how` is `shared`, or for a counted lock `<slot>+<slot>…/<size>`.
class HeldLocks {
 public:
  explicit HeldLocks(std::string_view text);

  // The nearest attempt below which the lock at `place` must be taken; empty: no ancestor holds it.
  std::string level_of(std::string_view place) const;

  // The level for `spec`, which is taken at `place`. Refuses to ask for more than the ancestor has:
  // an exclusive lock below a shared one, or more slots. That would wait for the ancestor for ever.
  Result<LockLevel> level_for(const LockSpec& spec, std::string_view place) const;

  // Whether an attempt below that level holds a lock that comes later in the global order. Then the
  // request may close a circle of waits.
  bool is_out_of_order(const LockSpec& spec, std::string_view place) const;

  // Adds entries that HOLDFAST_HELD lacks, in the same form. The variable got lost at some attempt,
  // so they belong to attempts farther away than those it names.
  void add_farther(std::string_view text);

  // Forgets that attempts hold the lock at `place`, the nearest first, up to one that has it still.
  // An attempt took it below another one of them, or at the top: `has_it(attempt, level)` says
  // whether it has it there. Those forgotten are still around us.
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

  // The attempts around us that hold or held locks, the nearest first.
  std::vector<std::string> attempts() const;

  // What the test of `attempt`, and everything below it, inherits after it took the locks at
  // `places` (entries without `#…`).
  std::string with(const std::vector<std::string>& places, std::string_view attempt) const;

 private:
  static std::vector<std::string> entries_in(std::string_view text);
  const std::string* entry_of(std::string_view place) const;
  // The nearest first.
  std::vector<std::string> holders_of(std::string_view place) const;
  void forget(std::string_view place, std::string_view attempt);

  std::vector<std::string> entries_;
};

// The entry of a lock that is held: `user/db`, `user/db:shared`, `user/gpu:0+2/4`.
std::string held_entry(const std::string& place, const LockSpec& spec,
                       const std::vector<unsigned>& slots);

}  // namespace holdfast
