// The answer to a launcher that asks for its attempt.
#pragma once

#include <set>
#include <string>

#include "core/settings/wire.hpp"
#include "keeper/base/keeper.hpp"
#include "keeper/run/run.hpp"
#include "keeper/base/run_lines.hpp"
#include "settings/project_settings.hpp"

namespace holdfast {

// Gives the attempt its name and its policy, by the project's settings, and lends it a directory.
// Settings that cannot be had are its refusal. What people are to know is said in `lines`. In
// company the test gets locks that keep it apart from other runs' tests.
wire::AttemptGrant grant_attempt(const wire::AttemptRequest& request,
                                 const Result<ProjectSettings>& settings, Company company, Run& run,
                                 RunLines& lines);

// Removes the files of the locks that these tests of `tree` had in company, by their keys; not of
// those that somebody has or wants.
void remove_locks_of(const std::set<std::string>& tests, const std::string& tree);

}  // namespace holdfast
