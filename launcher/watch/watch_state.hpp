// What is known of a run that is watched: from its journal, from ctest's log, from the locks. Takes
// what comes and says which events follow. No clock, no disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "ctest/ctest_log.hpp"
#include "ctest/ctest_log_entries.hpp"
#include "journal/records.hpp"
#include "os/lock/lock_survey.hpp"
#include "report/model.hpp"
#include "run/live_runs.hpp"

namespace holdfast::cli {

enum class WatchEventKind : std::uint8_t { run, started, ended, waits, service, end };

constexpr auto words_of(WatchEventKind) {
  return word_list("run", "started", "ended", "waits", "service", "end");
}

// What an attempt waits for: a lock of this machine, by the records of the locks, or something
// else, by its run's keeper.
struct TestWait {
  wire::AttemptWait of = {};
  std::string holder = {};  // the test that has the lock, the first of them; empty: not known

  bool is_any() const { return !of.names.empty(); }
  // What it waits for, if that is of this kind; else empty.
  std::string names_of(wire::WaitFor kind) const { return of.what == kind ? of.names : ""; }
  // Whether nothing is to be told anew. The reason for a wait for a lock of scope `cluster` is told
  // whenever it changes, as at first etcd has not answered. The reason for a wait for services has
  // a duration in it, and always changes.
  bool is_as(const TestWait& other) const {
    return of.what == other.of.what && of.names == other.of.names &&
           (of.what != wire::WaitFor::lock || of.why == other.of.why);
  }
};

TestWait wait_of(std::string_view attempt, std::int64_t launcher,
                 const std::vector<os::SurveyedLock>& locks,
                 const std::vector<wire::LiveWait>& waits);

struct WatchEvent {
  WatchEventKind kind = WatchEventKind::run;
  double at = 0;        // seconds since 1970
  RunStarted run = {};  // with `run`
  std::string test = {};
  AttemptEnded attempt = {};  // with `ended`; with `started` only its id and number
  Outcome outcome = Outcome::unknown;
  bool went_wrong = false;
  bool bare = false;  // with `ended`: the test did not run through Holdfast
  std::string headline = {};
  TestWait wait = {};  // with `waits`; none: it waits no longer
  ServiceRecord service = {};
  bool complete = false;  // with `end`; false: the run died
  std::size_t done = 0;   // with `ended` and `end`
  std::size_t total = 0;  // 0: not known
};

struct RunningTest : LiveTest {
  TestWait wait = {};
};

// One test in ctest's log.
struct LoggedEnd {
  LogEntry entry;
  std::string headline = {};  // of its output, if it went wrong
};

class WatchState {
 public:
  // `now` is the time of this look, in seconds on any clock. An end that ctest's log does not show
  // within half a second of that clock counts without it.
  void take(const Record& record, double now);
  void take(const LoggedEnd& logged, double now);
  void settle(double now);
  // What that attempt waits for. None: it does not wait.
  void set_wait(const std::string& attempt, const TestWait& wait, double at);
  // The numbers of the report of a run whose end is on record. It knows more than has been seen.
  void set_counts(const Counts& counts, double now);
  // Nobody is left who could write to the journal.
  void note_death(double at) { finish(at, false); }

  std::vector<WatchEvent> take_events() { return std::exchange(events_, {}); }

  const RunStarted& run() const { return run_; }
  const std::string& log_word() const { return log_word_; }
  const std::vector<RunningTest>& running() const { return running_; }
  const std::unordered_set<std::string>& begun() const { return begun_; }
  // Services that have been started and are not ready, or were lost.
  const std::unordered_map<std::string, std::string>& services() const { return services_; }
  const Counts& counts() const { return counts_; }
  // How many tests have ended: by ctest's log, or without one by the attempts.
  std::size_t done() const;
  std::size_t total() const { return total_; }
  std::size_t most_running() const { return most_running_; }
  bool is_over() const { return over_; }

 private:
  struct Pending {
    AttemptEnded attempt;
    double since = 0;
  };

  void begin(const AttemptStarted& record);
  void pass(const Pending& pending, const LoggedEnd* logged);
  void judge(WatchEvent& ended, const TestEvidence& evidence, const std::string& key);
  void count(const std::string& key, Outcome outcome);
  void note_service(const ServiceRecord& record);
  void finish(double at, bool complete);
  // The event is the last one. The reference holds until the next event is added.
  WatchEvent& add_event(WatchEventKind kind, double at);

  RunStarted run_;
  std::string log_word_;
  std::vector<RunningTest> running_;  // in the order of their start
  std::deque<Pending> pending_;
  std::unordered_set<std::string> begun_;
  std::unordered_set<std::string> bare_;               // run by a launcher, without Holdfast
  std::unordered_set<std::uint32_t> logged_;           // ctest's numbers
  std::unordered_map<std::string, Outcome> outcomes_;  // by key, or by ctest's number
  std::unordered_map<std::string, std::string> services_;
  std::vector<WatchEvent> events_;
  Counts counts_;
  std::optional<std::size_t> reported_;  // how many tests the report has
  std::size_t total_ = 0;
  std::size_t most_running_ = 0;
  bool over_ = false;
};

// How a watched run is shown: pure functions of what is known.

// Seconds by the name of a test.
using KnownDurations = std::unordered_map<std::string, double>;

struct Progress {
  const KnownDurations& known;
  const std::unordered_set<std::string>& begun;  // the tests that have begun
  const std::vector<RunningTest>& running;
  double now = 0;             // seconds since 1970
  std::size_t not_begun = 0;  // how many tests are still to begin; which ones nobody knows
  std::size_t jobs = 1;       // ctest's -j
};

// Seconds until the last test ends. Each test that has not begun counts with the mean of the known
// tests that have not begun either, or if all known ones have begun, of all of them. None: nothing
// is known of the tests that are left.
std::optional<double> time_left(const Progress& progress);

enum class Colour : std::uint8_t { none, ansi };

struct Screen {
  std::size_t width = 80;  // columns
  std::size_t height = 24;
  Colour colour = Colour::none;
};

// The block that is drawn again and again: lines of at most `width` columns, each with its newline,
// and fewer than `height`. `now` is in seconds since 1970; `left` are seconds.
std::string progress_block(const WatchState& state, double now, std::optional<double> left,
                           const Screen& screen);

// One line for people with its newline; empty: people need not be told. Lines::only_trouble leaves
// out what the block shows anyway.
enum class Lines : std::uint8_t { all, only_trouble };
std::string event_line(const WatchEvent& event, const Counts& counts, Lines lines, Colour colour);

// One line of JSON with its newline: docs/reference/report-formats.md.
std::string event_json(const WatchEvent& event, const Counts& counts, std::optional<double> left);

// The line of JSON that comes before a run has begun.
std::string waiting_json(std::string_view tree);

// As much of the text as fits into so many columns of a terminal, if each character takes one.
std::string cut_to(std::string_view text, std::size_t columns);

}  // namespace holdfast::cli
