// What the ancestors of this launcher hold (HOLDFAST_HELD): a run inside a test that holds `db`
// must not wait for its own ancestor, and its tests must exclude one another all the same. So they
// take `db` at a level of their own, named after the attempt that holds it above them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/lock_spec.hpp"

namespace holdfast {

// `NAME@scope#attempt`, comma-separated; the name encoded as a file name.
class HeldLocks {
 public:
  explicit HeldLocks(std::string_view text);

  // The attempt below which `spec` has to be taken; empty when no ancestor holds it.
  std::string level_of(const LockSpec& spec) const;

  // After this attempt took `locks`: what its test and everything below it inherits.
  std::string with(const std::vector<LockSpec>& locks, std::string_view attempt) const;

 private:
  std::vector<std::string> entries_;
};

}  // namespace holdfast
