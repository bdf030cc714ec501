#include "report/load.hpp"

#include "core/base/names.hpp"
#include "report/run_outputs.hpp"
#include "report/run_report.hpp"
#include "report/steps.hpp"
#include "store/journal_reader.hpp"
#include "store/json_record.hpp"
#include "store/own_stream.hpp"
#include "store/run_files.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast {
namespace {

// From `holdfast end` (POST_TEST) on, ctest only writes the last line of its log.
constexpr double k_log_is_closed_within = 10;

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

// Both files of the build journal, the older one first.
std::vector<std::string> build_journals(const std::filesystem::path& tree) {
  const std::string journal = (tree / names::k_build_journal).string();
  return {journal + std::string(names::k_older_suffix), journal};
}

// The steps that ended within (from, until]. A journal that does not exist has no records.
struct Span {
  double from = -k_for_ever;
  double until = k_for_ever;
};

std::vector<StepRecord> steps_of(const std::filesystem::path& tree, const Span& span) {
  std::vector<Record> records;
  for (const std::string& file : build_journals(tree)) {
    Result<Journal> read = read_journal(file);
    if (!read) continue;
    std::move(read->records.begin(), read->records.end(), std::back_inserter(records));
  }
  return latest_steps(records, span.from, span.until);
}

// When the steps of a run ended: after the tree's previous run and before its next one.
Span steps_span(const RunEntry& run) {
  const Neighbours neighbours = neighbours_of(run);
  Span span;
  if (neighbours.before) {
    const std::optional<RunEnded> end = end_record(neighbours.before->journal);
    span.from = std::max(end ? end->at : 0, neighbours.before->started);
  }
  span.until = next_start(neighbours);
  return span;
}

}  // namespace

void load_steps(RunReport& report, const RunEntry& run) {
  report.steps = steps_of(tree_of(run), steps_span(run));
}

std::string step_lines(const RunEntry& run) {
  const Span span = steps_span(run);
  std::string lines;
  for (const std::string& file : build_journals(tree_of(run))) {
    Result<OwnStream> stream = OwnStream::open(file);
    if (!stream) continue;
    for (std::string line; std::getline(*stream, line);) {
      const ParsedLine parsed = parse_record(line);
      const auto* step = parsed.record ? std::get_if<StepRecord>(&*parsed.record) : nullptr;
      if (step != nullptr && step->at > span.from && step->at <= span.until) lines += line + '\n';
    }
  }
  return lines;
}

std::optional<RunReport> load_builds(const std::filesystem::path& tree) {
  RunReport report;
  report.run.tree = tree.string();
  report.steps = steps_of(tree, {});
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
  return std::make_unique<RunOutputs>(std::make_unique<RunDirectory>(run.directory),
                                      LoggedOutputs(from, to));
}

std::unique_ptr<Outputs> outputs_of(const RunEntry& run, const CtestLogFile& log) {
  return std::make_unique<RunOutputs>(std::make_unique<RunDirectory>(run.directory),
                                      LoggedOutputs(log));
}

Result<LoadedReport> load_whole_report(const RunEntry& run, RunState state) {
  Result<RunReport> report = load_report(run, state);
  if (!report) return report.error();
  load_steps(*report, run);
  std::unique_ptr<Outputs> outputs = outputs_of(*report, run);
  return LoadedReport{std::move(*report), std::move(outputs)};
}

}  // namespace holdfast
