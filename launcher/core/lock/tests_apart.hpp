// The locks by which runs that share a build tree keep their tests apart (docs/guide/locks.md): no
// test is run twice at the same time, and one with RUN_SERIAL has no test of another run beside it.
// Of one run ctest sees to both.
#pragma once

#include <string_view>
#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

// The one that no two executions of the test with that key have at once.
LockSpec lock_of_test(std::string_view key);

// Those of the test with that key, in the scope `build`.
std::vector<LockSpec> locks_that_keep_apart(std::string_view key, bool run_serial);

}  // namespace holdfast
