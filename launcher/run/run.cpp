#include "run/run.hpp"

#include <fmt/core.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "base/names.hpp"
#include "base/text.hpp"
#include "ctest/ctest_verdict.hpp"
#include "ctest/rerun.hpp"
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "report/describe.hpp"
#include "report/load.hpp"
#include "report/quoted/reasons.hpp"
#include "report/render.hpp"
#include "report/run_report.hpp"
#include "values/test_order.hpp"

namespace holdfast {

bool CurrentRun::is_over_at(unsigned include_count) const {
  if (!run_) return false;
  return ended_ || (include_count_ != k_count_not_known && include_count_ != include_count);
}

Run& CurrentRun::at(unsigned include_count) {
  if (!run_) {
    run_ = Run::begin(origin_, ++runs_);
    looked_for_log_ = false;
    ended_ = false;
    is_remembered_ = false;
    if (!run_->trouble().empty()) lines_.say_once(run_->trouble());
  }
  include_count_ = include_count;
  return *run_;
}

std::string CurrentRun::finish(Run::Completeness completeness) {
  std::string summary = run_->finish(completeness);
  if (!run_->trouble().empty()) lines_.say_once(run_->trouble());
  return summary;
}

std::string CurrentRun::finish_for_end() {
  if (!run_) at(k_count_not_known);
  if (!ended_) summary_ = finish(Run::Completeness::complete);
  ended_ = true;
  return summary_;
}

void CurrentRun::close(Run::Completeness completeness) {
  if (run_ && !ended_) {
    lines_.print(finish(completeness));
    if (!run_->unlike_choice().empty()) lines_.say(run_->unlike_choice());
  }
  if (run_ && !is_remembered_) {
    last_closed_ = run_->id();
    if (first_closed_.empty()) first_closed_ = last_closed_;
  }
  run_.reset();
  ended_ = false;
  include_count_ = k_count_not_known;
}

bool CurrentRun::has_all_tests() const {
  if (!run_ || ended_) return true;
  return run_->log() && !run_->log()->was_opened() && run_->log()->is_whole();
}

namespace {

// How many names the line has of each kind.
constexpr std::size_t k_named = 8;

// ctest's list, its log and its command lines have the same bytes of ASCII. Bytes beyond it may be
// replaced, so any such bytes are alike here.
std::string comparable(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80U;
    if (is_ascii || text.empty() || text.back() != '\x80') text += is_ascii ? c : '\x80';
  }
  return text;
}

// Whether ctest has told of all tests that it was to run.
bool has_all(const RunReport& report) {
  const RunInfo& run = report.run;
  if (!run.complete || !run.has_log || run.unrecorded > 0) return false;
  const Stops stops = stops_of(run.command);
  if (stops != Stops::at_a_failure) return stops == Stops::never;
  return std::ranges::none_of(
      report.tests, [](const TestReport& test) { return test.verdict == Verdict::failed; });
}

std::string in_quotes(const std::vector<std::string>& names) {
  return bounded_list(names, k_named, brief_in_quotes);
}

}  // namespace

ChosenTests::ChosenTests(std::string_view records) {
  for (const std::string_view text : TextParts{records, '\n'}) {
    const ParsedLine line = parse_record(text);
    if (!line.record) continue;
    const auto* const planned = std::get_if<PlannedRecord>(&*line.record);
    if (planned == nullptr || !planned->is_own) continue;
    if (const auto shard = parse_shard(planned->shard)) shards_ = shard->count;
    names_.insert(names_.end(), planned->tests.begin(), planned->tests.end());
  }
  for (const std::string& name : names_) ++times_[comparable(name)];
}

std::string ChosenTests::refusal_of(std::string_view test) const {
  if (names_.empty() || times_.contains(comparable(test))) return {};
  return "this test was not chosen: the list of tests has changed since tests were chosen";
}

std::string ChosenTests::difference_to(const RunReport& report) const {
  if (names_.empty()) return {};
  auto take = [left = times_](const std::string& name) mutable {
    const auto chosen = left.find(comparable(name));
    return chosen != left.end() && chosen->second > 0 && chosen->second-- > 0;
  };
  std::vector<std::string> more;
  std::vector<std::string> missing;
  for (const TestReport& test : report.tests) {
    if (!take(test.name)) more.push_back(test.name);
  }
  if (has_all(report)) std::ranges::copy_if(names_, std::back_inserter(missing), std::ref(take));
  if (more.empty() && missing.empty()) return {};
  std::string line = "the list of tests has changed since tests were chosen";
  if (!missing.empty()) line += "; not run: " + in_quotes(missing);
  if (!more.empty()) line += "; not chosen, but started: " + in_quotes(more);
  return line + "; start it again";
}

std::string ScratchPool::lend() {
  if (!free_.empty()) {
    std::string path = std::move(free_.back());
    free_.pop_back();
    return path;
  }
  std::string path = directory_ + "/" + std::to_string(++made_);
  if (Result<void> made = os::make_scratch_directory(path); !made) {
    trouble_ = "ignoring that tests have no scratch directory: " + to_text(made.error());
    return {};
  }
  return path;
}

void ScratchPool::close() {
  // Nobody gave back the directories of interrupted tests. A directory with contents stays.
  for (unsigned number = 1; number <= made_; ++number) {
    const std::string path = directory_ + "/" + std::to_string(number);
    os::remove_empty_scratch(path);
    // A /tmp that is kept has a link in the scratch directory, and may be in use.
    struct stat info {};
    if (::lstat(text_of({path, "/", names::k_private_tmp_link}).c_str(), &info) == 0) continue;
    os::remove_empty_directories(path + std::string(names::k_private_tmp_suffix));
  }
  free_.clear();
  (void)os::remove_own_directory(directory_);
}

namespace {

// A record with more than this would be too long for a line of the journal.
constexpr std::size_t k_longest_start = 1U << 20U;

// Returns the time and ctest's pid: 20261120-084053-1234. For later ctest_test() calls of one
// `ctest -S` it adds -2, -3 …
std::string unnumbered_id(const RunOrigin& origin, unsigned nth) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y%m%d-%H%M%S", &parts);
  std::string id = fmt::format("{}-{}", date, origin.ctest.pid);
  if (nth > 1) id += fmt::format("-{}", nth);
  return id;
}

// Notes how ctest was started, so that `holdfast rerun` can start it in the same way.
void note_start(pid_t ctest, RunStarted& record) {
  record.command = os::command_of(ctest, k_longest_start);
  record.program = os::read_link(os::in_proc(ctest, "exe"));
  for (std::string& variable : os::first_environment_of(ctest, k_longest_start)) {
    if (!shapes_run(std::string_view(variable).substr(0, variable.find('=')))) continue;
    record.environment.push_back(std::move(variable));
  }
}

// Makes the directory of a run, numbers it and returns the run's id. The number is needed because
// two ctests in two containers may have the same pid and begin within one second.
Result<std::string> make_run_directory(const RunOrigin& origin, const std::string& unnumbered) {
  const std::string& tree = origin.tree;
  const std::string runs = fmt::format("{}/{}", tree, directory_of(origin.whose));
  HOLDFAST_DO(os::make_own_directories(runs, 0755));
  for (std::uint64_t number = next_run_number(tree, origin.whose);; ++number) {
    std::string id = fmt::format("{}-{}", number, unnumbered);
    const std::string directory = fmt::format("{}/{}", runs, id);
    const Result<void> made = os::make_new_own_directory(directory, 0755);
    if (made) return id;
    if (!os::exists_own(directory)) return made.error();
  }
}

void begin_log(const RunOrigin& origin, const std::string& journal, LogLevel level) {
  os::begin_log({.file = os::log_beside(journal), .level = level, .part = {}, .rotates = true});
  os::log(LogLevel::info,
          {"the run begins: Holdfast " HOLDFAST_VERSION ", ", os::named_process(origin.ctest.pid),
           ", build tree ", origin.tree, ", log level ", name_of(level)});
}

// What the lines of its attempts do not say.
void log_verdict(const TestReport& test) {
  const std::string attempt = test.attempts.empty() ? std::string() : test.attempts.back().attempt;
  if (test.outcome == Outcome::internal_error) {
    os::log_about(test.name, attempt, LogLevel::error, {"Holdfast failed: ", reason(test)});
  } else if (test.outcome == Outcome::unknown) {
    os::log_about(test.name, attempt, LogLevel::info, {"its outcome is unknown: ", reason(test)});
  } else if (test.outcome == Outcome::interrupted) {
    os::log_about(test.name, attempt, LogLevel::info, {"it was interrupted: ", reason(test)});
  } else if (test.flaky) {
    os::log_about(test.name, attempt, LogLevel::info, {"it is flaky: ", reason(test)});
  }
}

// If a run has neither lock nor journal, usually one reason explains both: the tree cannot be
// written to.
std::string describe_unrecordable(const RunOrigin& origin, const Error& error) {
  std::string text = "ignoring that this run cannot be recorded";
  if (!origin.lock_trouble.empty()) text += " and another may be at work in " + origin.tree;
  return text + ": " + to_text(error);
}

}  // namespace

Run Run::begin(const RunOrigin& origin, unsigned nth) {
  Run run;
  run.origin_ = origin;
  run.retries_ = RunRetries(origin.settings.retries);
  run.id_ = unnumbered_id(origin, nth);
  run.started_ = os::unix_now();
  if (nth == 1) run.chosen_ = ChosenTests(origin.planned);
  os::suspend_log();
  Result<std::string> id = make_run_directory(origin, run.id_);
  if (!id) {
    run.trouble_ = describe_unrecordable(origin, id.error());
    return run;
  }
  run.id_ = *std::move(id);
  const std::string directory =
      fmt::format("{}/{}/{}", origin.tree, directory_of(origin.whose), run.id_);
  run.journal_ = directory + "/" + std::string(names::k_journal_file);
  run.scratch_ = ScratchPool(directory + "/" + std::string(names::k_scratch_directory));
  RunStarted record;
  record.at = run.started_;
  record.run = run.id_;
  record.tree = origin.tree;
  record.boot = os::numbering_id();
  record.version = HOLDFAST_VERSION;
  record.ctest = {origin.ctest.pid, origin.ctest.start};
  note_start(origin.ctest.pid, record);
  record.directory = origin.directory;
  record.inside = origin.inside;
  const LogLevel log = os::log_level_or(origin.settings.log);
  if (log != LogLevel::off) record.log = name_of(log);
  const std::string lines = line_of(record) + (nth == 1 ? origin.planned : std::string());
  if (Result<void> written = os::append_line(run.journal_, lines); !written) {
    run.trouble_ = describe_unrecordable(origin, written.error());
    run.journal_.clear();
  } else {
    run.trouble_ = origin.lock_trouble;
    begin_log(origin, run.journal_, log);
  }
  return run;
}

void Run::settle_log() {
  if (!log_ || log_->has_own_name()) return;
  if (!origin_.has_company) {
    if (log_->has_foreign_end() && !log_->cut_foreign_end()) log_.reset();
    return;
  }
  // We watch before we look, so that no opening is missed. We look for another writer before we
  // look at what it wrote, because a writer writes the rest when it closes the log.
  is_log_safe_ = log_->watch_openings();
  if (log_->is_written_elsewhere(origin_.ctest) || log_->has_foreign_end()) log_.reset();
}

Result<void> Run::note_word(const std::string& word) {
  if (word.empty() || !word_.empty()) return {};
  word_ = word;
  if (journal_.empty()) return {};
  // For whoever reads the log if we are killed, or while the run goes on.
  return os::append_line(journal_,
                         line_of(LogWordRecord{os::unix_now(), word_, origin_.has_company}));
}

Result<void> Run::record_verdicts() {
  // Without a log (ctest died before its first test), the journal is all there is.
  if (!log_) return {};
  HOLDFAST_TRY(std::vector<VerdictRecord> verdicts,
               read_ctest_log(log_->file(), {word_, attempts_}, started_,
                              origin_.has_company ? ListsOf::any_run : ListsOf::this_run));
  if (!believes_log()) return {};
  const std::filesystem::path directory = std::filesystem::path(journal_).parent_path();
  Result<void> kept = keep_outputs(
      log_->file(), verdicts, directory / names::k_output_directory / names::k_kept_output_file);
  const double now = os::unix_now();
  std::string lines;
  for (VerdictRecord& verdict : verdicts) {
    verdict.at = now;
    const auto test = tests_.find(verdict.key);
    if (test != tests_.end()) verdict.program = test->second;
    lines += line_of(verdict);
  }
  if (lines.empty()) return kept;
  Result<void> written = os::append_line(journal_, lines);
  return written ? kept : written;
}

std::int64_t unrecorded_in(const RunReport& report,
                           const std::unordered_map<std::string, std::string>& granted) {
  const std::int64_t known = std::ranges::count_if(report.tests, [&](const TestReport& test) {
    return !test.key.empty() && granted.contains(test.key);
  });
  return std::max<std::int64_t>(0, std::ssize(granted) - known);
}

Result<RunReport> Run::report(const RunEnded& to_come) const {
  HOLDFAST_TRY(const RunEntry entry, find_run(origin_.tree, id_));
  const auto read = [&](const SeeRecord& see) {
    Result<JournalFlaws> flaws = read_records(entry.journal, see);
    see(RunEnded(to_come));
    return flaws;
  };
  return report_of(read, RunState::over);
}

void Run::add_what_tests_printed(const RunReport& seen, RunEnded& record) const {
  const bool none_may = std::ranges::none_of(seen.tests, [](const TestReport& test) {
    return went_wrong(test) || may_say_ran_nothing(test);
  });
  if (none_may) return;
  const Result<RunEntry> entry = find_run(origin_.tree, id_);
  if (!entry) return;
  const std::unique_ptr<Outputs> outputs =
      log_ ? outputs_of(*entry, log_->file()) : outputs_of(seen, *entry);
  record.ran_nothing = tests_that_say_they_ran_nothing(seen, *outputs);
  record.address_in_use = tests_with_address_in_use(seen, *outputs, [this](const TestReport& test) {
    return in_own_network_.count(test.key) != 0;
  });
}

void Run::finish_without_tests() {
  (void)os::append_line(journal_,
                        line_of(RunEnded{.at = os::unix_now(), .run = id_, .complete = true}));
  (void)prune_runs(origin_.tree, id_, {}, origin_.whose);
}

std::string Run::finish(Completeness completeness) {
  if (journal_.empty()) return {};  // trouble() has said why
  trouble_.clear();                 // trouble from the beginning of the run has been said
  scratch_.close();
  Result<void> recorded = record_verdicts();
  RunEnded record;
  record.at = os::unix_now();
  record.run = id_;
  record.complete = completeness == Completeness::complete;
  record.retries = retries_.summary();
  record.has_log = believes_log() && recorded && log_->is_whole();
  Result<RunReport> seen = report(record);
  if (seen) record.unrecorded = unrecorded_in(*seen, tests_);
  if (seen) add_what_tests_printed(*seen, record);
  if (seen) std::ranges::for_each(seen->tests, log_verdict);
  os::log(LogLevel::info, {"the run ends, ", record.complete ? "complete" : "incomplete",
                           record.has_log ? "" : "; ctest's log could not be believed", "; ",
                           counted(attempts_, "attempt")});
  const Result<void> ended = os::append_line(journal_, line_of(record));
  if (recorded) recorded = ended;
  if (!recorded) trouble_ = describe_unrecorded(recorded.error());
  // Shards in one tree are reported together when all have ended.
  const Kept kept{k_runs_kept + chosen_.shards(), origin_.settings.kept_output_in_all_kb * 1024};
  for (const std::string& stays : prune_runs(origin_.tree, id_, kept).troubles) {
    if (!trouble_.empty()) trouble_ += "; ";
    trouble_ += "an old run stays: " + stays;
  }
  if (!seen) return "holdfast: no summary, " + to_text(seen.error()) + "\n";
  seen->run.unrecorded = record.unrecorded;
  seen->run.address_in_use = std::move(record.address_in_use);
  seen->run.ran_nothing = std::move(record.ran_nothing);
  selected_nothing_ = attempts_ == 0 && holdfast::selected_nothing(*seen);
  unlike_choice_ = chosen_.difference_to(*seen);
  return render_summary(*seen);
}

}  // namespace holdfast
