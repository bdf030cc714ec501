// What the ancestors of this launcher hold (HOLDFAST_HELD): a run inside a test that holds `db`
// must not wait for its own ancestor, and its tests must exclude one another all the same. So they
// take `db` at a level of their own, named after the attempt that holds it above them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

// Where a lock is to be taken.
struct LockLevel {
  std::string attempt;          // below which; empty: at the top, no ancestor holds it
  std::vector<unsigned> slots;  // of a counted lock: those that attempt has; empty: all

  friend bool operator==(const LockLevel&, const LockLevel&) = default;
};

// The name of the lock by which a test with RUN_SERIAL is alone over all runs. Inside a test that
// has it shared an inner one has it exclusively among its siblings.
inline constexpr std::string_view k_run_serial_lock = "RUN_SERIAL";

// `<place>[:<how>]#<attempt>`, comma-separated, the nearest attempt first; the place as place_of()
// gives it, `how` being `shared` or, of a counted lock, `<slot>+<slot>…/<size>`.
class HeldLocks {
 public:
  explicit HeldLocks(std::string_view text);

  // The nearest attempt below which the lock at `place` has to be taken; empty when no ancestor
  // holds it.
  std::string level_of(std::string_view place) const;

  // The level for `spec`, which is taken at `place`. Refuses what can never be had there: more than
  // the ancestor has (an exclusive lock below a shared one, more slots), which would wait for that
  // ancestor for ever.
  Result<LockLevel> level_for(const LockSpec& spec, std::string_view place) const;

  // Whether somebody below that level holds a lock that comes later in the global order: the
  // request may then be part of a circle.
  bool is_out_of_order(const LockSpec& spec, std::string_view place) const;

  // What is held around us though HOLDFAST_HELD did not say so, in the same form. It did not from
  // some attempt on: what it does not say is of attempts farther away.
  void add_farther(std::string_view text);

  // The attempts that have the lock at `place`, the nearest first: each took it below one of those
  // that follow, or at the top.
  std::vector<std::string> holders_of(std::string_view place) const;
  // That attempt has let the lock at `place` go. It stays one of those we descend from.
  void forget(std::string_view place, std::string_view attempt);

  // The attempts around us that hold locks, or did, the nearest first.
  std::vector<std::string> attempts() const;

  // After this attempt took the locks at `places` (entries without `#…`): what its test and
  // everything below it inherits.
  std::string with(const std::vector<std::string>& places, std::string_view attempt) const;

 private:
  static std::vector<std::string> entries_in(std::string_view text);
  const std::string* entry_of(std::string_view place) const;

  std::vector<std::string> entries_;
};

// The entry of a lock that is had: `user/db`, `user/db:shared`, `user/gpu:0+2/4`.
std::string held_entry(const std::string& place, const LockSpec& spec,
                       const std::vector<unsigned>& slots);

}  // namespace holdfast
