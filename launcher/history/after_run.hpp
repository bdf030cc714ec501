// What is done when a run has ended: its reports are written, and the history remembers it.
#pragma once

#include <filesystem>
#include <vector>

#include "report/load.hpp"
#include "run/keeper_socket.hpp"
#include "values/report_request.hpp"

namespace holdfast::cli {

// Writes these reports, which are below the tree or elsewhere. What goes wrong, and what is to be
// printed, is in the answer.
SaidAtEnd write_wanted_reports(const LoadedReport& loaded,
                               const std::vector<ReportRequest>& reports,
                               const std::filesystem::path& tree);

// Nothing here fails a run. What went wrong is in the answer, and what is to be printed, too.
SaidAtEnd after_runs(const EndedRuns& ended);

}  // namespace holdfast::cli
