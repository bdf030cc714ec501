// The history that a command reads, and that the end of a run adds to.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "history/history.hpp"
#include "report/load.hpp"
#include "run/keeper_socket.hpp"
#include "values/report_request.hpp"

namespace holdfast::cli {

// What HOLDFAST_HISTORY names, else a file of the tree's own. `tree` may be empty: there is none.
Result<std::filesystem::path> history_file(const std::string& tree);

// The history with all runs of the tree that are over. If the tree's own file is damaged, it gets
// another name, and a new one is begun. If nothing can be written, the history is as it was, and a
// line says so. Nothing is written in the tree of another user.
Result<History> open_history(const std::string& tree);

// What is done when a run has ended: its reports are written, and the history remembers it.

// Writes these reports, which are below the tree or elsewhere. What goes wrong, and what is to be
// printed, is in the answer.
SaidAtEnd write_wanted_reports(const LoadedReport& loaded,
                               const std::vector<ReportRequest>& reports,
                               const std::filesystem::path& tree);

// Nothing here fails a run. What went wrong is in the answer, and what is to be printed, too.
SaidAtEnd after_runs(const EndedRuns& ended);

}  // namespace holdfast::cli
