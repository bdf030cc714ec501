// Where an earlier run was.
#pragma once

#include <string>

#include "cli/select/ctest_call.hpp"
#include "cli/select/user_call.hpp"
#include "core/base/result.hpp"
#include "core/journal/records.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {

// The program and the directory of a ctest that does as the run did, without words. `tree` may be a
// copy of the one in which the run was. The error is a clause.
Result<CtestCall> call_of(const RunEntry& run, const RunStarted& started, const std::string& tree,
                          bool has_preset);

// Whether the run's ctest had the list of tests that the user's ctest has, of which it may have run
// some. Then its numbers of tests are the user's, unless the project has changed.
bool had_list_of(const UserCall& user, const RunStarted& started);

}  // namespace holdfast::cli
