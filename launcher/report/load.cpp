#include "report/load.hpp"

#include "core/base/names.hpp"
#include "core/service/log_gap.hpp"
#include "report/run_report.hpp"
#include "report/steps.hpp"
#include "store/ctest_output.hpp"
#include "store/journal_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
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

constexpr std::string_view k_gap = "\n[... {} bytes left out ...]\n";

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

std::size_t limit_of(Outcome outcome) {
  return outcome == Outcome::passed ? k_output_limit_passed : k_output_limit;
}

// The file `log` in the run's own directory, wherever the tree is by now. A journal may name any
// path.
std::filesystem::path own_file(const RunEntry& run, const std::filesystem::path& log) {
  return run.directory / names::k_output_directory / log.filename();
}

Result<std::string> output_of(const TestReport& test, const RunEntry& run, double from, double to) {
  const std::size_t limit = limit_of(test.outcome);
  const std::filesystem::path log = test.output_place->log;
  if (log.filename() != names::k_kept_output_file)
    return read_output(*test.output_place, test.name, from, to, limit);
  OutputPlace kept = *test.output_place;
  kept.log = own_file(run, log).string();
  return read_kept_output(kept, limit);
}

void load_outputs(RunReport& report, const RunEntry& run) {
  const double from = report.run.started.value_or(0);
  const double to = std::min(report.run.ended.value_or(0) + k_log_is_closed_within,
                             next_start(neighbours_of(run)));
  for (TestReport& test : report.tests) {
    if (test.attempts.empty()) continue;
    Attempt& last = test.attempts.back();
    if (!test.output_place) {
      last.output_note = "ctest's log had not been read when the run ended, or has nothing of it";
      continue;
    }
    Result<std::string> output = output_of(test, run, from, to);
    if (output)
      last.output = std::move(*output);
    else
      last.output_note = to_text(output.error());
  }
}

// Fills in what each case has printed, as much of it as reports show. Output that cannot be read
// stays empty.
void load_case_outputs(RunReport& report, const RunEntry& run) {
  for (TestReport& test : report.tests) {
    std::ifstream file;
    std::filesystem::path opened;
    for (Case& one : test.cases) {
      if (!one.output_place) continue;
      const std::filesystem::path log = own_file(run, one.output_place->log);
      if (log != opened) {
        file = std::ifstream(log, std::ios::binary);
        opened = log;
      }
      if (!file.is_open()) continue;
      one.output = read_bounded(file, *one.output_place, limit_of(one.outcome), k_gap);
    }
  }
}

// Reads from the file of a generation's output the part that the test's use of it made. What the
// service prints over its limit is left out there already (core/service/log_gap.hpp).
std::string read_service_output(const ServiceOutput& part, const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return {};
  std::error_code failed;
  const std::uint64_t size = std::filesystem::file_size(file, failed);
  if (failed) return {};
  const OutputPlace mark{file.string(), part.head, size > part.head ? k_longest_mark : 0};
  const LogLayout log = layout_of(part.head, read_bounded(stream, mark, k_longest_mark, k_gap));
  const std::uint64_t from = std::min(size, begin_in_file(log, part.from));
  const std::uint64_t to = part.to ? end_in_file(log, *part.to) : size;
  stream.clear();
  const OutputPlace place{file.string(), from, std::max(from, std::min(to, size)) - from};
  std::string text = read_bounded(stream, place, k_service_output_limit, k_gap);
  // As long as it runs, the end of a long output is in files of their own.
  if (to > size)
    text += fmt::format("\n[... {} bytes are not in {} ...]\n", to - std::max(from, size),
                        file.filename().string());
  return text;
}

void load_service_outputs(RunReport& report, const RunEntry& run) {
  for (TestReport& test : report.tests) {
    for (Attempt& attempt : test.attempts) {
      for (ServiceOutput& part : attempt.service_outputs) {
        const std::filesystem::path log = part.log;
        part.output =
            read_service_output(part, run.directory / names::k_services_directory / log.filename());
      }
    }
  }
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
  const Result<Journal> journal = read_journal(run.journal);
  if (!journal) return journal.error();
  RunReport report = report_of(*journal, state);
  if (report.run.id.empty()) report.run.id = run.id;
  load_outputs(report, run);
  load_case_outputs(report, run);
  load_service_outputs(report, run);
  return report;
}

}  // namespace holdfast
