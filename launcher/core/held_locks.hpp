// What the ancestors of this launcher hold (HOLDFAST_HELD): a run inside a test that holds `db`
// must not wait for its own ancestor, and its tests must exclude one another all the same. So they
// take `db` at a level of their own, named after the attempt that holds it above them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// `<place>#<attempt>`, comma-separated, the nearest attempt first; the place as place_of() gives
// it.
class HeldLocks {
 public:
  explicit HeldLocks(std::string_view text);

  // The nearest attempt below which the lock at `place` has to be taken; empty when no ancestor
  // holds it.
  std::string level_of(std::string_view place) const;

  // After this attempt took the locks at `places`: what its test and everything below it inherits.
  std::string with(const std::vector<std::string>& places, std::string_view attempt) const;

 private:
  std::vector<std::string> entries_;
};

}  // namespace holdfast
