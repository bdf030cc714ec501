// What earlier runs say of the tests of a tree.
#pragma once

#include "cli/select/tree_tests.hpp"
#include "cli/select/user_call.hpp"
#include "core/base/result.hpp"
#include "core/select/division.hpp"
#include "history/history.hpp"

namespace holdfast::cli {

// The tests that were red when they were last seen, in any run.
Result<TestSet> red_tests(const UserCall& user, const TreeTests& all);

// How long the tests took when they last passed.
Result<TestTimes> times_of(History& history, const TreeTests& all);

}  // namespace holdfast::cli
