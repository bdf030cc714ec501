// What runs left out that ended too early.
#pragma once

#include "cli/select/tree_tests.hpp"
#include "cli/select/user_call.hpp"

namespace holdfast::cli {

// The tests that a run of the tree was to run and did not begin, because it ended too early, and
// that no later run has begun. Disabled tests are none of them. If it is not known what a run left
// out, a line on stderr says so.
TestSet tests_not_begun(const UserCall& user, const TreeTests& all);

}  // namespace holdfast::cli
