// The locks by which runs that share a build tree keep their tests apart (docs/guide/locks.md). No
// test runs twice at the same time. A test with RUN_SERIAL has no test of another run beside it.
// Within one run ctest sees to both.
#pragma once

#include <string_view>
#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

// The lock that allows one execution of that test at a time.
LockSpec lock_of_test(std::string_view key);

// All such locks of that test, in the scope `build`.
std::vector<LockSpec> locks_that_keep_apart(std::string_view key, bool run_serial);

}  // namespace holdfast
