// `holdfast ctest --slurm-array N`: the chosen tests in N shards, each a task of one array job of
// Slurm, in one build tree that all nodes see (docs/reference/selecting.md).
//
// The tests are chosen and divided here, once. A task becomes ctest with the numbers of its tests.
// No test and no fixture is in two shards, so all of them share the tree. When the job is over,
// their journals become one report.
#pragma once

#include "base/result.hpp"
#include "select/ctest_call.hpp"
#include "select/selection.hpp"

namespace holdfast::cli {

// `chosen` has a division. Returns the exit code: 0, or ctest's for failed tests if a test is red
// or did not run. Fails if no job can be submitted.
Result<int> run_slurm_array(const UserCall& user, const Chosen& chosen,
                            const Restrictions& restrictions);

}  // namespace holdfast::cli
