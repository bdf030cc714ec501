// The history that a command reads, and that the end of a run adds to.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "history/history.hpp"

namespace holdfast::cli {

// What HOLDFAST_HISTORY names, else a file of the tree's own. `tree` may be empty: there is none.
Result<std::filesystem::path> history_file(const std::string& tree);

// The history with all runs of the tree that are over. If the tree's own file is damaged, it gets
// another name, and a new one is begun. If nothing can be written, the history is as it was, and a
// line says so. Nothing is written in the tree of another user.
Result<History> open_history(const std::string& tree);

// Gives the tree's own history another name if it is damaged, and says so: the next open_history()
// begins a new one. To be called when something about it failed.
bool put_aside_if_damaged(const std::string& tree);

// To be called when runs have ended; `first` and `last` are their ids. The tree's own history gets
// its runs ten at a time, because opening it takes longer than all else that `holdfast end` does:
// their journals are kept until then. A file that HOLDFAST_HISTORY names gets each run at once,
// because the tree may be gone soon. Returns what went wrong, for people: a history never fails a
// run.
std::string remember_runs(const std::string& tree, const std::string& first,
                          const std::string& last);

}  // namespace holdfast::cli
