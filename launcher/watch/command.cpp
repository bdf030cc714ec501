#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <variant>

#include "base/environment.hpp"
#include "base/exit_codes.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "command/command.hpp"
#include "ctest/ctest_options.hpp"
#include "history/answers.hpp"
#include "history/command.hpp"
#include "history/history.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_directory.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"
#include "report/excerpt.hpp"
#include "report/load.hpp"
#include "run/run_log.hpp"
#include "watch/watch_state.hpp"

namespace holdfast::cli {
namespace {

// How long tests took in earlier runs.

// Older runs say little more than the last ones, and a journal may be large.
constexpr std::size_t k_runs_for_durations = 3;

constexpr std::size_t k_past_runs = 10;

// How long tests took in the last runs that the history has.
Result<void> add_from_history(const std::filesystem::path& tree, KnownDurations& durations) {
  HOLDFAST_TRY(const std::filesystem::path file, history_file(tree.string()));
  HOLDFAST_TRY(History history, History::open_existing(file));
  HOLDFAST_TRY(const std::vector<RunHead> runs, history.runs());
  Durations seen;
  for (std::size_t i = runs.size() - std::min(runs.size(), k_past_runs); i < runs.size(); ++i) {
    if (const Result<PastRun> run = history.load(runs[i])) seen.add(*run);
  }
  for (const SlowTest& one : seen.sorted()) durations.emplace(one.test.name, one.median);
  return {};
}

// By the runs of the tree, and for tests that these do not have, by the history. The last runs may
// not be in the history yet.
KnownDurations durations_before(const RunEntry& entry) {
  KnownDurations durations;
  const std::filesystem::path tree = tree_of(entry);
  std::size_t read = 0;
  for (const RunEntry& run : list_runs(tree)) {
    if (run.id == entry.id) continue;
    KnownDurations of_run;
    (void)read_records(run.journal, [&](const Record& record) {
      const auto* const ended = std::get_if<AttemptEnded>(&record);
      if (ended != nullptr) of_run[ended->test] = ended->wall_s;
    });
    durations.merge(of_run);  // what newer runs say stays
    if (++read == k_runs_for_durations) break;
  }
  (void)add_from_history(tree, durations);  // there may be none
  return durations;
}

// A failure's words are sought in so much of an output at each of its ends.
constexpr std::size_t k_end_of_output = 256U << 10U;
constexpr std::size_t k_piece = 64U << 10U;

std::uint64_t size_of(int file) {
  struct stat info {};
  (void)::fstat(file, &info);
  return static_cast<std::uint64_t>(info.st_size);
}

// Follows a run on disk: its journal, ctest's log, the locks. Reads what has come. The run is not
// disturbed: no lock is taken, no file is made, and the keeper is asked only who waits.
class RunFollower {
 public:
  // `known`: how long tests took before. `news` is an inotify(7) descriptor, to which the files are
  // added.
  RunFollower(RunEntry entry, KnownDurations known, int news)
      : entry_(std::move(entry)),
        news_(news),
        durations_(std::move(known)),
        journal_(os::open_own(entry_.journal.string(), O_RDONLY).value_or({})) {
    (void)::inotify_add_watch(news_, entry_.journal.c_str(), IN_MODIFY);
  }

  // Takes what has come. `now` is monotonic, in seconds.
  void look(double now) {
    // The log is read by the run's word, which is in the journal.
    if (state_.log_word().empty()) read_journal(now);
    // A launcher records the end of an attempt before ctest logs it. So what is in the log now is
    // in the journal, too.
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

  // Looks who waits. That reads the records of all locks, so it is done once
  // a second.
  void look_at_waits() {
    if (state_.running().empty()) return;
    const std::vector<os::SurveyedLock> locks =
        os::survey_all_locks(os::Strangers::leave_out).locks;
    const std::vector<wire::LiveWait> waits = keeper_waits();
    const double now = os::unix_now();
    const std::vector<RunningTest> running = state_.running();
    for (const RunningTest& test : running) {
      state_.set_wait(test.attempt, wait_of(test.attempt, test.launcher, locks, waits), now);
    }
  }

  // Seconds until the last test ends; none: that is not known.
  std::optional<double> left() const {
    if (state_.total() == 0 || state_.is_over()) return std::nullopt;
    const std::size_t begun = state_.done() + state_.running().size();
    return time_left({durations_, state_.begun(), state_.running(), os::unix_now(),
                      state_.total() - std::min(state_.total(), begun),
                      jobs_of(state_.run().command, state_.run().environment)
                          .value_or(std::max<std::size_t>(1, state_.most_running()))});
  }

  WatchState& state() { return state_; }
  const RunEntry& entry() const { return entry_; }
  // For a poll loop: readable when ctest has ended; -1: it has, or was never seen.
  int ctest() const { return ctest_ended_ ? -1 : ctest_.get(); }
  // ctest has ended, or another process has its number.
  void note_end_of_ctest() { ctest_ended_ = true; }
  bool ctest_has_ended() const { return ctest_ended_; }

 private:
  void read_journal(double now) {
    std::string piece;
    while (os::read_all(journal_.get(), piece, k_piece) && !piece.empty()) {
      rest_ += piece;
      std::string_view left = rest_;
      while (left.find('\n') != std::string_view::npos) {
        const ParsedLine line = parse_record(take_part(left, '\n'));
        if (!line.record) continue;
        if (std::holds_alternative<RunEnded>(*line.record)) {  // ctest's log is whole
          read_log();
          take_logged(now);
          const Result<RunReport> report = load_report(entry_);
          if (report) state_.set_counts(report->counts, now);
        }
        state_.take(*line.record, now);
      }
      rest_.erase(0, rest_.size() - left.size());
    }
  }

  // Another ctest may take the log's name, so only ctest's own descriptor leads to it.
  void find_log() {
    if (log_ || ctest_ended_) return;
    std::optional<LogPlace> place = find_log_of(state_.run().ctest);
    if (!place) return;
    const std::string link = os::in_proc(place->file.process, "fd/" + place->file.number);
    (void)::inotify_add_watch(news_, link.c_str(), IN_MODIFY);
    log_ = RunLog::open(*std::move(place));
  }

  void read_log() {
    if (!log_) return;
    const int file = log_->file().descriptor;
    const std::uint64_t size = size_of(file);
    if (size == log_seen_) return;
    log_seen_ = size;
    LogEntries found = read_log_entries(file, {state_.log_word()}, log_at_);
    log_at_ = found.read;
    for (LogEntry& entry : found.entries) {
      LoggedEnd logged{std::move(entry), {}};
      if (logged.entry.result == Verdict::failed) logged.headline = headline_of(logged.entry);
      logged_.push_back(std::move(logged));
    }
  }

  void take_logged(double now) {
    for (const LoggedEnd& logged : std::exchange(logged_, {})) state_.take(logged, now);
  }

  // A keeper that does not answer is stopped, or in another PID namespace. We do not wait for it
  // once more.
  std::vector<wire::LiveWait> keeper_waits() {
    if (!is_keeper_there_) return {};
    std::optional<std::vector<wire::LiveWait>> waits = waits_of(state_.run().ctest);
    is_keeper_there_ = waits.has_value();
    return waits ? std::move(*waits) : std::vector<wire::LiveWait>{};
  }

  std::string headline_of(const LogEntry& entry) const {
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

  RunEntry entry_;
  int news_;
  WatchState state_;
  KnownDurations durations_;
  os::UniqueFd journal_;
  std::string rest_;             // of a line that is not whole
  bool is_keeper_there_ = true;  // and answers
  os::UniqueFd ctest_;
  bool ctest_ended_ = false;
  std::optional<RunLog> log_;
  std::uint64_t log_at_ = 0;
  std::uint64_t log_seen_ = 0;
  std::vector<LoggedEnd> logged_;  // read and not taken yet
};

constexpr Milliseconds k_tick{1000};
// A run of many short tests changes its files all the time. The terminal need not follow each
// change.
constexpr Milliseconds k_between_looks{50};
constexpr int k_looks_for_journal = 20;

struct WatchOptions {
  std::string tree;
  bool json = false;
};

double seconds(Milliseconds time) { return static_cast<double>(time.count()) / 1000; }

bool is_set(const char* name) {
  const std::string value = variable(name);
  return !value.empty() && value != "0";
}

// no-color.org, bixense.com/clicolors
Colour wanted_colour(bool is_terminal) {
  if (!variable("NO_COLOR").empty()) return Colour::none;
  return is_terminal || is_set("CLICOLOR_FORCE") ? Colour::ansi : Colour::none;
}

// Prints the events, and on a terminal the block below them.
class Display {
 public:
  explicit Display(bool json)
      : json_(json),
        draws_(!json && ::isatty(STDOUT_FILENO) == 1 && variable("TERM") != "dumb"),
        colour_(wanted_colour(::isatty(STDOUT_FILENO) == 1)) {}

  bool draws() const { return draws_; }

  void show(RunFollower& run) {
    WatchState& state = run.state();
    const std::vector<WatchEvent> events = state.take_events();
    if (events.empty() && !draws_) return;
    const std::optional<double> left = run.left();
    std::string text;
    for (const WatchEvent& event : events) {
      const Lines lines = draws_ ? Lines::only_trouble : Lines::all;
      text += json_ ? event_json(event, state.counts(), left)
                    : event_line(event, state.counts(), lines, colour_);
    }
    std::string block;
    if (draws_ && !state.is_over()) {
      const double now = os::unix_now();
      block = progress_block(state, now, left, screen());
    }
    put(text, block);
  }

  void say_waiting(const std::string& tree) {
    put(json_ ? waiting_json(tree)
              : "no run of " + printable(tree) + " is going on: waiting for one\n",
        "");
  }

 private:
  Screen screen() const {
    Screen screen;
    screen.colour = colour_;
    winsize size{};
    (void)::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    if (size.ws_col > 0) screen.width = size.ws_col;
    if (size.ws_row > 0) screen.height = size.ws_row;
    return screen;
  }

  // Replaces the block that is there. After a resize the terminal may have wrapped its lines, so
  // some of it may stay above.
  void put(const std::string& text, const std::string& block) {
    std::string all;
    if (drawn_ > 0) all = fmt::format("\x1b[{}A\r\x1b[J", drawn_);
    all += text + block;
    drawn_ = static_cast<std::size_t>(std::ranges::count(block, '\n'));
    fmt::print("{}", all);
    // As fmt::print() fails. Nobody reads on, so there is nothing left to do.
    if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
  }

  bool json_;
  bool draws_;
  Colour colour_;
  std::size_t drawn_ = 0;  // lines of the block on the screen
};

void drain(const os::UniqueFd& news) {
  char events[4096];
  while (::read(news.get(), events, sizeof events) > 0) {
  }
}

Result<RunEntry> latest_of(const std::string& tree) {
  return find_run(tree, "latest", variable(environment::k_run_id));
}

// The run that is going on, or the next one, even if that is over before we see it.
RunEntry wait_for_run(const std::string& tree, Display& display) {
  Result<RunEntry> run = latest_of(tree);
  if (run && is_going_on(*run)) return *run;
  const std::string before = run ? run->id : std::string();
  display.say_waiting(tree);
  const os::UniqueFd news(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::filesystem::path runs = std::filesystem::path(tree) / names::k_runs_directory;
  int soon = 0;
  while (!run || run->id == before) {
    // The directory comes with the first run.
    (void)::inotify_add_watch(news.get(), runs.parent_path().c_str(), IN_CREATE);
    (void)::inotify_add_watch(news.get(), runs.c_str(), IN_CREATE);
    const Milliseconds time = soon > 0 ? k_between_looks : k_tick;
    if (os::wait_for(news.get(), os::monotonic_now() + time)) {
      drain(news);
      soon = k_looks_for_journal;  // a run's journal follows its directory at once
    } else if (soon > 0) {
      --soon;
    }
    run = latest_of(tree);
  }
  return *run;
}

// Waits until a file has changed, ctest has ended, the window has another size, or `until` has
// come.
void wait_for_news(const os::UniqueFd& news, const RunFollower& run, Milliseconds until) {
  if (os::Wait({news.get(), run.ctest()}, until).go() <= 0) return;
  (void)os::wait_for(run.ctest(), os::monotonic_now() + k_between_looks);
  drain(news);
}

// ctest has ended. If its keeper lives, is_going_on() waits until the end of the run is on record.
void await_end(RunFollower& run) {
  run.note_end_of_ctest();
  const bool goes_on = is_going_on(run.entry());
  run.look(seconds(os::monotonic_now()));
  if (!goes_on && !run.state().is_over()) {
    run.state().note_death(os::unix_now());
  }
}

void follow(const RunEntry& entry, Display& display) {
  const os::UniqueFd news(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  RunFollower run(entry, durations_before(entry), news.get());
  Milliseconds next_tick = os::monotonic_now();
  while (true) {
    run.look(seconds(os::monotonic_now()));
    if (os::monotonic_now() >= next_tick) {
      run.look_at_waits();
      next_tick = os::monotonic_now() + k_tick;
    }
    const bool has_ended = run.ctest_has_ended() || os::is_readable(run.ctest());
    if (has_ended && !run.state().is_over()) await_end(run);
    display.show(run);
    if (run.state().is_over()) return;
    wait_for_news(news, run, next_tick);
  }
}

void follow_window() {
  // Without SA_RESTART, so that poll(2) returns.
  struct sigaction action {};
  action.sa_handler = [](int) {};
  (void)::sigaction(SIGWINCH, &action, nullptr);
}

Result<int> watch(const WatchOptions& options) {
  HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
  HOLDFAST_DO(os::check_user_directory());
  Display display(options.json);
  if (display.draws()) follow_window();
  follow(wait_for_run(tree, display), display);
  return exit_codes::k_success;
}

}  // namespace

void add_watch(Command app) {
  const auto [command, options] =
      add_command(app, "watch", "follow the run of a build tree while it goes on", watch);
  command.add_flag("--json", options->json, "one JSON object per line and event");
  add_tree_option(command, options->tree);
}

}  // namespace holdfast::cli
