#include "cli/watch/run_follower.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include "core/ctest/ctest_options.hpp"
#include "os/file/clock.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/process/process.hpp"
#include "report/excerpt.hpp"
#include "report/load.hpp"
#include "store/journal_reader.hpp"
#include "store/json_record.hpp"

namespace holdfast::cli {
namespace {

// A failure's words are sought in so much of an output at each of its ends.
constexpr std::size_t k_end_of_output = 256U << 10U;
constexpr std::size_t k_piece = 64U << 10U;

std::uint64_t size_of(int file) {
  struct stat info {};
  return ::fstat(file, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

os::UniqueFd opened(const std::filesystem::path& journal) {
  Result<os::UniqueFd> file = os::open_own(journal.string(), O_RDONLY);
  return file ? std::move(*file) : os::UniqueFd();
}

}  // namespace

RunFollower::RunFollower(RunEntry entry, KnownDurations known, int news)
    : entry_(std::move(entry)),
      news_(news),
      durations_(std::move(known)),
      journal_(opened(entry_.journal)) {
  (void)::inotify_add_watch(news_, entry_.journal.c_str(), IN_MODIFY);
}

void RunFollower::look(double now) {
  // The log is read by the run's word, which is in the journal.
  if (state_.log_word().empty()) read_journal(now);
  // A launcher records the end of an attempt before ctest logs it. So what is in the log now is in
  // the journal, too.
  read_log();
  read_journal(now);
  take_logged(now);
  if (!ctest_.valid() && state_.run().ctest.pid > 0 && !ctest_ended_) {
    ctest_ = os::watch_living(static_cast<pid_t>(state_.run().ctest.pid));
    ctest_ended_ = !ctest_.valid() || !os::is_alive(state_.run().ctest);
  }
  find_log();
  state_.settle(now);
}

void RunFollower::take_logged(double now) {
  for (const LoggedEnd& logged : std::exchange(logged_, {})) state_.take(logged, now);
}

void RunFollower::read_journal(double now) {
  char piece[k_piece];
  while (true) {
    const ssize_t got = os::retried([&] {
      return ::pread(journal_.get(), piece, sizeof piece, static_cast<off_t>(journal_at_));
    });
    if (got <= 0) return;
    journal_at_ += static_cast<std::uint64_t>(got);
    rest_.append(piece, static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest_.find('\n', begin)) != std::string::npos;) {
      const ParsedLine line = parse_record(std::string_view(rest_).substr(begin, end - begin));
      begin = end + 1;
      if (!line.record) continue;
      if (std::holds_alternative<RunEnded>(*line.record)) {  // ctest's log is whole
        read_log();
        take_logged(now);
        const Result<RunReport> report = load_report(entry_);
        if (report) state_.set_counts(report->counts, now);
      }
      state_.take(*line.record, now);
    }
    rest_.erase(0, begin);
  }
}

// Another ctest may take the log's name, so only ctest's own descriptor leads to it.
void RunFollower::find_log() {
  if (log_ || ctest_ended_ || state_.run().ctest.pid == 0) return;
  std::optional<LogPlace> place = find_log_of(state_.run().ctest);
  if (!place) return;
  const std::string link = os::in_proc(place->file.process, "fd/" + place->file.number);
  (void)::inotify_add_watch(news_, link.c_str(), IN_MODIFY);
  log_ = RunLog::open(*std::move(place));
}

void RunFollower::read_log() {
  if (!log_) return;
  const int file = log_->file().descriptor;
  const std::uint64_t size = size_of(file);
  if (size == log_seen_) return;
  log_seen_ = size;
  LogEntries found = read_log_entries(file, {state_.log_word()}, log_at_);
  log_at_ = found.read;
  for (LogEntry& entry : found.entries) {
    LoggedEnd logged{std::move(entry), {}};
    if (logged.entry.result == LoggedResult::failed) logged.headline = headline_of(logged.entry);
    logged_.push_back(std::move(logged));
  }
}

std::string RunFollower::headline_of(const LogEntry& entry) const {
  const std::uint64_t length = entry.output_end - entry.output_begin;
  const auto at_end = [&](std::uint64_t from, std::uint64_t size) {
    std::string part(size, '\0');
    const int file = log_->file().descriptor;
    return os::read_at(file, from, part.data(), part.size()) ? part : std::string();
  };
  std::string output =
      at_end(entry.output_begin, std::min<std::uint64_t>(length, 2 * k_end_of_output));
  if (length > 2 * k_end_of_output) {
    output.resize(std::min<std::size_t>(output.size(), k_end_of_output));
    output += "\n" + at_end(entry.output_end - k_end_of_output, k_end_of_output);
  }
  const std::vector<Excerpt> excerpts = excerpts_of(output, 1);
  return excerpts.empty() ? std::string() : headline(excerpts.front());
}

void RunFollower::look_at_waits() {
  if (state_.running().empty()) return;
  const std::vector<os::SurveyedLock> locks = os::survey_locks(os::Strangers::leave_out);
  const std::vector<LiveWait> waits = keeper_waits();
  const double now = static_cast<double>(os::unix_now_ms()) / 1000;
  const std::vector<RunningTest> running = state_.running();
  for (const RunningTest& test : running) {
    state_.set_wait(test.attempt, wait_of(test.attempt, test.launcher, locks, waits), now);
  }
}

// A keeper that does not answer is stopped, or in another PID namespace. We do not wait for it once
// more.
std::vector<LiveWait> RunFollower::keeper_waits() {
  if (!is_keeper_there_) return {};
  std::optional<std::vector<LiveWait>> waits = waits_of(state_.run().ctest);
  is_keeper_there_ = waits.has_value();
  return waits ? std::move(*waits) : std::vector<LiveWait>{};
}

std::optional<double> RunFollower::left() const {
  const double now = static_cast<double>(os::unix_now_ms()) / 1000;
  Progress progress{durations_, state_.begun(), {}};
  for (const RunningTest& test : state_.running()) {
    progress.running.push_back({test.test, std::max(0.0, now - test.since)});
  }
  const std::size_t begun = state_.done() + state_.running().size();
  if (state_.total() == 0 || state_.is_over()) return std::nullopt;
  progress.not_begun = state_.total() > begun ? state_.total() - begun : 0;
  progress.jobs = jobs_of(state_.run().command, state_.run().environment)
                      .value_or(std::max<std::size_t>(1, state_.most_running()));
  return time_left(progress);
}

}  // namespace holdfast::cli
