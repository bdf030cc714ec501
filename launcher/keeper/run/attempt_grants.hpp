// Answers a launcher that asks for its attempt.
#pragma once

#include <set>
#include <string>

#include "core/settings/wire.hpp"
#include "keeper/base/keeper.hpp"
#include "keeper/base/run_lines.hpp"
#include "keeper/run/run.hpp"
#include "settings/project_settings.hpp"

namespace holdfast {

// Gives the attempt its name and its policy, from the project's settings, and lends it a directory.
// If the settings have an error, the attempt is refused. `lines` says what people should know. In
// company the test gets locks that keep it apart from other runs' tests.
wire::AttemptGrant grant_attempt(const wire::AttemptRequest& request,
                                 const Result<ProjectSettings>& settings, Company company, Run& run,
                                 RunLines& lines);

// Removes the files of the locks that `tests` (keys) of `tree` had in company. A lock that somebody
// has or wants stays.
void remove_locks_of(const std::set<std::string>& tests, const std::string& tree);

}  // namespace holdfast
