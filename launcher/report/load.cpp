#include "report/load.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/names.hpp"
#include "journal/journal_reader.hpp"
#include "journal/kept_output.hpp"
#include "report/run_report.hpp"
#include "report/steps.hpp"

namespace holdfast {
namespace {

// From `holdfast end` (POST_TEST) on, ctest only writes the last line of its log.
constexpr double k_log_is_closed_within = 10;

constexpr double k_for_ever = std::numeric_limits<double>::infinity();

// The run of the tree before one run, empty for the first; and when the next run began. What was
// written after that is not this run's.
struct Neighbours {
  std::optional<RunEntry> before;
  double next_start = k_for_ever;
};

Neighbours neighbours_of(const RunEntry& run) {
  const std::vector<RunEntry> runs = list_runs(tree_of(run));
  const auto at = std::ranges::find(runs, run.id, &RunEntry::id);
  Neighbours found;
  if (at == runs.end()) return found;
  if (at != runs.begin()) found.next_start = started_at(*std::prev(at));
  if (std::next(at) != runs.end()) found.before = *std::next(at);
  return found;
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
    span.from = std::max(end ? end->at : 0, started_at(*neighbours.before));
  }
  span.until = neighbours.next_start;
  return span;
}

constexpr std::string_view k_gap = "\n[... {} bytes left out ...]\n";

std::size_t limit_of(Outcome outcome) {
  return outcome == Outcome::passed ? k_output_limit_passed : k_output_limit;
}

// The file `log` among the run's own, wherever the run is by now. A journal may name any path.
std::string own_file(std::string_view directory, const std::filesystem::path& log) {
  return std::string(directory) + '/' + log.filename().string();
}

// Reads from the file of a generation's output the part that the test's use of it made. What the
// service prints over its limit is left out there already (journal/kept_output.hpp).
std::string read_service_output(const ServiceOutput& part, RunFile& file,
                                const std::filesystem::path& name) {
  const OutputPlace mark{{}, part.head, file.size > part.head ? k_longest_mark : 0};
  const LogLayout log =
      layout_of(part.head, read_bounded(*file.stream, mark, k_longest_mark, k_gap));
  const std::uint64_t from = std::min(file.size, begin_in_file(log, part.from));
  const std::uint64_t to = part.to ? end_in_file(log, *part.to) : file.size;
  file.stream->clear();
  const OutputPlace place{{}, from, std::max(from, std::min(to, file.size)) - from};
  std::string text = read_bounded(*file.stream, place, k_service_output_limit, k_gap);
  // As long as it runs, the end of a long output is in files of their own.
  if (to > file.size)
    text += fmt::format("\n[... {} bytes are not in {} ...]\n", to - std::max(from, file.size),
                        name.filename().string());
  return text;
}

std::uint64_t size_of_mark_in(RunFile& file) {
  const std::uint64_t length = std::min<std::uint64_t>(file.size, k_longest_left_out);
  return size_of_mark(
      read_bounded(*file.stream, {{}, file.size - length, length}, k_longest_left_out, k_gap));
}

// Leaves out the lines by which tests give numbers to CTest, which are not for people.
std::string without_measurements(std::string text) {
  if (text.find("Measurement") == std::string::npos) return text;
  std::string rest;
  for (std::string_view all = text; !all.empty();) {
    const std::size_t size = std::min(all.find('\n'), all.size() - 1) + 1;
    const std::string_view line = all.substr(0, size);
    const bool is_one =
        line.starts_with("<CTestMeasurement") || line.starts_with("<DartMeasurement");
    if (!is_one || line.find("Measurement>") == std::string_view::npos) rest += line;
    all.remove_prefix(size);
  }
  return rest;
}

OpenInRun open_in(const RunEntry& run) {
  return [directory = run.directory](const std::string& name) {
    return open_run_file((directory / name).string());
  };
}

}  // namespace

void load_steps(RunReport& report, const RunEntry& run) {
  report.steps = steps_of(tree_of(run), steps_span(run));
}

std::string step_lines(const RunEntry& run) {
  const Span span = steps_span(run);
  std::string lines;
  for (const std::string& file : build_journals(tree_of(run))) {
    const Result<RunFile> journal = open_run_file(file);
    if (!journal) continue;
    for (std::string line; std::getline(*journal->stream, line);) {
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
  HOLDFAST_TRY(
      RunReport report,
      report_of([&](const SeeRecord& see) { return read_records(run.journal, see); }, state));
  if (report.run.id.empty()) report.run.id = run.id;
  return report;
}

std::unique_ptr<Outputs> outputs_of(const RunReport& report, const RunEntry& run) {
  const double from = report.run.started.value_or(0);
  const double to = std::min(report.run.ended.value_or(0) + k_log_is_closed_within,
                             neighbours_of(run).next_start);
  return std::make_unique<RunOutputs>(open_in(run), LoggedOutputs(from, to));
}

std::unique_ptr<Outputs> outputs_of(const RunEntry& run, const CtestLogFile& log) {
  return std::make_unique<RunOutputs>(open_in(run), LoggedOutputs(log));
}

Result<LoadedReport> load_whole_report(const RunEntry& run, RunState state) {
  HOLDFAST_TRY(RunReport report, load_report(run, state));
  load_steps(report, run);
  std::unique_ptr<Outputs> outputs = outputs_of(report, run);
  return LoadedReport{std::move(report), std::move(outputs)};
}

bool is_kept_with_run(const OutputPlace& place) {
  return std::filesystem::path(place.log).filename() == names::k_kept_output_file;
}

Printed RunOutputs::of(const TestReport& test) {
  if (!test.part_of.empty()) return {of_case(test.output_place, test.outcome), {}};
  if (test.attempts.empty()) return {};
  if (!test.output_place)
    return {{}, "ctest's log had not been read when the run ended, or has nothing of it"};
  return logged(*test.output_place, test.name, limit_of(test.outcome));
}

Printed RunOutputs::logged(const OutputPlace& place, const std::string& test, std::size_t limit) {
  if (place.length == 0) return {};  // it printed nothing
  if (!is_kept_with_run(place)) {
    Result<std::string> output = logged_.read(place, test, limit);
    if (!output) return {{}, to_text(output.error())};
    return {without_measurements(*std::move(output)), {}};
  }
  const Result<RunFile> kept = open_(own_file(names::k_output_directory, place.log));
  if (!kept) return {{}, to_text(kept.error())};
  return {without_measurements(read_bounded(*kept->stream, place, limit)), {}};
}

std::string RunOutputs::of(const Case& one) { return of_case(one.output, one.outcome); }

std::string RunOutputs::of(const Attempt& earlier) {
  if (earlier.log.empty()) {
    if (earlier.printed.empty()) return {};
    return logged(earlier.printed.front(), earlier.test, k_output_limit).text;
  }
  const Result<RunFile> file = open_(own_file(names::k_output_directory, earlier.log));
  if (!file) return what_is_gone();
  return read_bounded(*file->stream, {{}, 0, file->size}, k_output_limit);
}

std::string RunOutputs::of_case(const std::optional<OutputPlace>& place, Outcome outcome) {
  if (!place) return {};
  std::string log = own_file(names::k_output_directory, place->log);
  if (log != opened_) {
    Result<RunFile> file = open_(log);
    cases_.reset();
    if (file) cases_ = std::move(*file);
    if (cases_) whole_ = cases_->size - size_of_mark_in(*cases_);
    opened_ = std::move(log);
  }
  if (place->length == 0) return {};
  if (!cases_) return what_is_gone();
  // Places also count what was not kept.
  const std::uint64_t end = place->offset + place->length;
  if (end <= whole_) return read_bounded(*cases_->stream, *place, limit_of(outcome), k_gap);
  const std::uint64_t from = std::min(place->offset, whole_);
  return read_bounded(*cases_->stream, {{}, from, whole_ - from}, limit_of(outcome), k_gap) +
         mark_of_left_out(end - std::max(place->offset, whole_));
}

std::string RunOutputs::what_is_gone() {
  const bool is_dropped =
      static_cast<bool>(open_(own_file(names::k_output_directory, names::k_dropped_outputs_file)));
  return is_dropped ? std::string(k_output_dropped) : std::string();
}

std::string RunOutputs::of(const ServiceOutput& part) {
  Result<RunFile> file = open_(own_file(names::k_services_directory, part.log));
  return file ? read_service_output(part, *file, part.log) : std::string();
}

}  // namespace holdfast
