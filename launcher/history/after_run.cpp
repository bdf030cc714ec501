#include "history/after_run.hpp"

#include <system_error>

#include "base/text.hpp"
#include "history/command.hpp"
#include "report/report_output.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

Result<void> write_wanted(const LoadedReport& loaded, const ReportRequest& wanted,
                          const fs::path& tree, std::string& printed) {
  if (wanted.file.empty()) {
    produce(loaded, wanted.format, [&](std::string_view piece) { printed += piece; });
    return add_to_page(loaded, wanted.format);
  }
  const fs::path file = tree / wanted.file;
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  return write_report(loaded, wanted.format, file);
}

void complain_of(std::string_view report, const Error& error, SaidAtEnd& said) {
  if (!said.trouble.empty()) said.trouble += "; ";
  said.trouble += "ignoring that the report " + brief(report) + " is missing: " + to_text(error);
}

}  // namespace

SaidAtEnd write_wanted_reports(const LoadedReport& loaded,
                               const std::vector<ReportRequest>& reports, const fs::path& tree) {
  SaidAtEnd said;
  for (const ReportRequest& wanted : reports) {
    const Result<void> written = write_wanted(loaded, wanted, tree, said.text);
    if (!written) complain_of(to_text(wanted), written.error(), said);
  }
  return said;
}

SaidAtEnd after_runs(const EndedRuns& ended) {
  SaidAtEnd said;
  if (!ended.reports.empty()) {
    const Result<RunEntry> run = find_run(ended.tree, ended.last);
    const Result<LoadedReport> loaded =
        run ? load_whole_report(*run, RunState::over) : Result<LoadedReport>(run.error());
    if (loaded) {
      said = write_wanted_reports(*loaded, ended.reports, ended.tree);
    } else {
      complain_of("of the run", loaded.error(), said);
    }
  }
  const std::string trouble = remember_runs(ended.tree, ended.first, ended.last);
  if (!trouble.empty()) said.trouble += (said.trouble.empty() ? "" : "; ") + trouble;
  return said;
}

}  // namespace holdfast::cli
