#include "report/load.hpp"

#include "core/names.hpp"
#include "report/case_outputs.hpp"
#include "report/steps.hpp"
#include "store/ctest_log.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace holdfast {
namespace {

// Between `holdfast end` (POST_TEST) and the last line of the log ctest only writes that line.
constexpr double k_log_is_closed_within = 10;

std::filesystem::path tree_of(const RunEntry& run) {
  return run.directory.parent_path().parent_path().parent_path();
}

// When the next run of the tree began: what was written then is not this run's.
double next_start(const RunEntry& run) {
  double next = std::numeric_limits<double>::infinity();
  for (const RunEntry& other : list_runs(tree_of(run))) {
    if (other.id != run.id && other.started > run.started) next = std::min(next, other.started);
  }
  return next;
}

void load_outputs(RunReport& report, double next) {
  const double from = report.run.started.value_or(0);
  const double to = std::min(report.run.ended.value_or(0) + k_log_is_closed_within, next);
  for (TestReport& test : report.tests) {
    if (test.attempts.empty()) continue;
    Attempt& last = test.attempts.back();
    if (!test.output_place) {
      last.output_note = "ctest's log had not been read when the run ended";
      continue;
    }
    const std::size_t limit =
        test.outcome == TestOutcome::passed ? k_output_limit_passed : k_output_limit;
    Result<std::string> output = read_output(*test.output_place, test.name, from, to, limit);
    if (output)
      last.output = std::move(*output);
    else
      last.output_note = "failed to " + output.error().message;
  }
}

// Of both journals, the older first. One that is not there has no records.
std::vector<StepRecord> steps_of(const std::filesystem::path& tree, double until) {
  const std::string journal = (tree / names::k_build_journal).string();
  std::vector<Record> records;
  for (const std::string& file : {journal + std::string(names::k_older_suffix), journal}) {
    Result<Journal> read = read_journal(file);
    if (!read) continue;
    std::move(read->records.begin(), read->records.end(), std::back_inserter(records));
  }
  return latest_steps(records, until);
}

}  // namespace

void load_steps(RunReport& report, const RunEntry& run) {
  report.steps = steps_of(tree_of(run), next_start(run));
}

std::optional<RunReport> load_builds(const std::filesystem::path& tree) {
  RunReport report;
  report.run.tree = tree.string();
  report.steps = steps_of(tree, std::numeric_limits<double>::infinity());
  if (report.steps.empty()) return std::nullopt;
  return report;
}

Result<RunReport> load_report(const RunEntry& run, Outputs outputs) {
  const Result<Journal> journal = read_journal(run.journal);
  if (!journal) return journal.error();
  RunReport report = report_of(*journal);
  if (report.run.id.empty()) report.run.id = run.id;
  if (outputs == Outputs::load) {
    load_outputs(report, next_start(run));
    load_case_outputs(report, run.directory);
  }
  return report;
}

}  // namespace holdfast
