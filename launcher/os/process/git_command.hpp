// Asks git without side effects: it asks for no password, starts no daemon, and refreshes no index
// on disk as long as the command obeys GIT_OPTIONAL_LOCKS. `git status` does, `git diff` does not.
//
// git looks for the repository around the directory. Its own variables are left out, because they
// may lead to another one (a git hook sets them). Those are kept that configure git
// (GIT_CONFIG_GLOBAL, GIT_CONFIG_COUNT …), and those that say how far up it may look.
#pragma once

#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::os {

// What git prints on stderr is apart.
BoundedOrder git_order(const std::string& directory, const std::vector<std::string>& arguments,
                       Milliseconds time);

// Why there is no answer, as a clause: "git is not installed", "git: Needed a single revision".
// Empty: git ended with 0. `time` is that of the order.
std::string trouble_with_git(const BoundedEnd& end, Milliseconds time);

// What git printed, whole. The error is that clause, or says that the output was too long.
Result<std::string> answer_of_git(BoundedEnd end, const BoundedOrder& order);
Result<std::string> ask_git(const BoundedOrder& order);

}  // namespace holdfast::os
