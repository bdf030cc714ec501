#include "report/load.hpp"

#include "core/base/names.hpp"
#include "report/run_outputs.hpp"
#include "report/run_report.hpp"
#include "report/steps.hpp"
#include "store/journal_reader.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

// From `holdfast end` (POST_TEST) on, ctest only writes the last line of its log.
constexpr double k_log_is_closed_within = 10;

std::filesystem::path tree_of(const RunEntry& run) {
  return run.directory.parent_path().parent_path().parent_path();
}

constexpr double k_for_ever = std::numeric_limits<double>::infinity();

// The runs of the tree before and after one run. Empty for the first and the last run.
struct Neighbours {
  std::optional<RunEntry> before;
  std::optional<RunEntry> after;
};

Neighbours neighbours_of(const RunEntry& run) {
  const std::vector<RunEntry> runs = list_runs(tree_of(run));
  const auto at = std::find_if(runs.begin(), runs.end(),
                               [&](const RunEntry& other) { return other.id == run.id; });
  Neighbours found;
  if (at == runs.end()) return found;
  if (at != runs.begin()) found.after = *std::prev(at);
  if (std::next(at) != runs.end()) found.before = *std::next(at);
  return found;
}

// When the tree's next run began. What was written after that is not this run's.
double next_start(const Neighbours& neighbours) {
  if (neighbours.after) return neighbours.after->started;
  return k_for_ever;
}

// The steps in both journals that ended within (from, until], the older journal first. A journal
// that does not exist has no records.
std::vector<StepRecord> steps_of(const std::filesystem::path& tree, double from, double until) {
  const std::string journal = (tree / names::k_build_journal).string();
  std::vector<Record> records;
  for (const std::string& file : {journal + std::string(names::k_older_suffix), journal}) {
    Result<Journal> read = read_journal(file);
    if (!read) continue;
    std::move(read->records.begin(), read->records.end(), std::back_inserter(records));
  }
  return latest_steps(records, from, until);
}

}  // namespace

void load_steps(RunReport& report, const RunEntry& run) {
  const Neighbours neighbours = neighbours_of(run);
  double from = -k_for_ever;
  if (neighbours.before) {
    const std::optional<RunEnded> end = end_record(neighbours.before->journal);
    from = std::max(end ? end->at : 0, neighbours.before->started);
  }
  report.steps = steps_of(tree_of(run), from, next_start(neighbours));
}

std::optional<RunReport> load_builds(const std::filesystem::path& tree) {
  RunReport report;
  report.run.tree = tree.string();
  report.steps = steps_of(tree, -k_for_ever, k_for_ever);
  if (report.steps.empty()) return std::nullopt;
  return report;
}

Result<RunReport> load_report(const RunEntry& run, RunState state) {
  RunReporter reporter;
  const Result<JournalFlaws> flaws =
      read_records(run.journal, [&](Record&& record) { reporter.add(std::move(record)); });
  if (!flaws) return flaws.error();
  RunReport report = std::move(reporter).finish(*flaws, state);
  if (report.run.id.empty()) report.run.id = run.id;
  return report;
}

std::unique_ptr<Outputs> outputs_of(const RunReport& report, const RunEntry& run) {
  const double from = report.run.started.value_or(0);
  const double to = std::min(report.run.ended.value_or(0) + k_log_is_closed_within,
                             next_start(neighbours_of(run)));
  return std::make_unique<RunOutputs>(run.directory, from, to);
}

}  // namespace holdfast
