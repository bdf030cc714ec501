// One run as the keeper keeps it: its directory, its journal, the numbers of its attempts, its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/process_name.hpp"
#include "base/result.hpp"
#include "journal/run_directory.hpp"
#include "report/model.hpp"
#include "run/run_lines.hpp"
#include "run/run_log.hpp"
#include "settings/settings.hpp"
#include "values/retry_rules.hpp"

namespace holdfast {

// The tests that were chosen for a run (`holdfast ctest`, `holdfast rerun`).
//
// ctest gets their numbers when it starts. It reads its tests later, after it has waited for the
// tree, and a project may have other tests by then. So what ctest runs is compared with the choice,
// by names. Several tests of one name are not told apart.
class ChosenTests {
 public:
  // Nothing was chosen, and any test may run.
  ChosenTests() = default;
  // `records`: lines of a journal (PlannedRecord).
  explicit ChosenTests(std::string_view records);

  // Why this test must not run; empty: it may.
  std::string refusal_of(std::string_view test) const;

  // How many shards the tests were divided into; 0: they were not.
  std::size_t shards() const { return shards_; }

  // How what ran differs from the choice, in one line; empty: it does not, as far as the report
  // knows.
  std::string difference_to(const RunReport& report) const;

 private:
  std::vector<std::string> names_;  // as they are, several of one name included
  std::size_t shards_ = 0;
  std::unordered_map<std::string, std::size_t> times_;  // how many have the name (comparable())
};

// The scratch directories of a run. Each is lent to one attempt at a time, and lent again if it
// comes back empty.
class ScratchPool {
 public:
  // `directory` is `<run>/scratch`. The directories below it are made when they are lent.
  explicit ScratchPool(std::string directory) : directory_(std::move(directory)) {}

  // Returns an empty directory. Empty text: none can be made, and trouble() says why.
  std::string lend();
  // The directory must be empty again, as it was when it was lent.
  void give_back(std::string path) { free_.push_back(std::move(path)); }
  const std::string& trouble() const { return trouble_; }

  // Removes the empty directories, and then `directory` itself if nothing is left in it.
  void close();

 private:
  std::string directory_;
  std::vector<std::string> free_;
  unsigned made_ = 0;
  std::string trouble_;
};

// What a run is about.
struct RunOrigin {
  std::string tree;
  ProcessName ctest;
  std::string lock_trouble;  // one sentence: the tree could not be locked; empty: it is locked
  RunSettings settings = {};
  std::string inside = {};     // the run whose test started ctest; empty: none
  std::string directory = {};  // in which ctest looks for its tests; empty: not known
  // Whether other runs may be at work in the tree. When such a run ends, LastTest.log may become
  // the log of that run.
  bool has_company = false;
  RunsOf whose = RunsOf::ctest;
  std::string planned = {};  // whole lines for the journal of the first run
};

// `granted`: the keys of tests that were granted an attempt. Returns how many of these tests are
// missing in the report.
std::int64_t unrecorded_in(const RunReport& report,
                           const std::unordered_map<std::string, std::string>& granted);

class Run {
 public:
  // Makes the run's directory and writes the first record. In a tree that cannot be written to, the
  // run has no journal, and trouble() says why.
  static Run begin(const RunOrigin& origin, unsigned number);

  const std::string& id() const { return id_; }
  const std::string& journal() const { return journal_; }  // empty: nothing is recorded
  const std::string& trouble() const { return trouble_; }

  // Null: the run has no journal, and so no directory that could hold scratch directories.
  ScratchPool* scratch() { return journal_.empty() ? nullptr : &scratch_; }

  std::string next_attempt() { return id_ + "." + std::to_string(++attempts_); }
  // Notes an attempt of the test with that key. Returns whether the run had an attempt of it
  // before.
  bool begin_attempt_of(const std::string& key) { return !tests_.try_emplace(key).second; }
  // What the attempt runs (keeper/attempt_grants.hpp). The last attempt of a test counts.
  void note_program(const std::string& key, std::string fingerprint) {
    const auto test = tests_.find(key);
    if (test != tests_.end()) test->second = std::move(fingerprint);
  }

  // The word by which ctest's log shows this run's entries (ctest/ctest_log_entries.hpp).
  Result<void> note_word(const std::string& word);

  // The test with that key has a network of its own. Its failures are not for want of one.
  void note_own_network(const std::string& key) { in_own_network_.insert(key); }
  // Why the test must not run in this run; empty: it may.
  std::string refusal_of(std::string_view test) const { return chosen_.refusal_of(test); }

  // Returns the retries of the run's tests, by key.
  RunRetries& retries() { return retries_; }

  // Keeps the log that has this run's tests and no others. Without a log, ctest's verdicts are
  // known only from what launchers recorded.
  void keep_log(RunLog log) { log_ = std::move(log); }
  // Decides what becomes of a log that another ctest may have opened too
  // (docs/internals/decisions/0028). To be called before the first test, while ctest waits. Without
  // company, what the other ctest wrote is cut off. With company, the other ctest may still be
  // writing, so the run goes without a log. Another ctest may also open the log later, so openings
  // are watched with company.
  void settle_log();
  const std::optional<RunLog>& log() const { return log_; }
  // True: there is a log, and as far as we can know nobody but ctest writes it.
  bool believes_log() const { return log_ && is_log_safe_ && !log_->was_opened(); }

  enum class Completeness { complete, incomplete };
  // Records ctest's verdicts and the end, and removes old runs. Returns the summary for people.
  // trouble() says what could not be recorded. Without a journal there is no summary. To be called
  // once.
  std::string finish(Completeness completeness);
  // The same for what people started: it has no tests and no verdicts.
  void finish_without_tests();
  // True: the run is complete, and ctest had selected no test. To be called after the end.
  bool selected_nothing() const { return selected_nothing_; }
  // How what ran differs from what was chosen, in one line; empty: it does not. After the end.
  const std::string& unlike_choice() const { return unlike_choice_; }

 private:
  Result<void> record_verdicts();
  // Returns the report of the journal and of `to_come`, the run's end that the journal does not
  // have yet. The run's end decides how a test without an end is judged.
  Result<RunReport> report(const RunEnded& to_come) const;
  // Adds the names of tests that printed what their outcome does not show.
  void add_what_tests_printed(const RunReport& seen, RunEnded& record) const;

  RunOrigin origin_;
  std::string id_;
  std::string journal_;
  std::string word_;
  std::string trouble_;
  double started_ = 0;
  unsigned attempts_ = 0;
  bool selected_nothing_ = false;
  ChosenTests chosen_;
  std::string unlike_choice_;
  std::unordered_map<std::string, std::string> tests_;  // by key: what the last attempt ran
  std::unordered_set<std::string> in_own_network_;
  std::optional<RunLog> log_;
  bool is_log_safe_ = true;  // false: later openings of the log cannot be watched
  ScratchPool scratch_{{}};
  RunRetries retries_{{}};
};

// The current run of a ctest. `ctest -S` reads the tests anew for each ctest_test(), so another
// include count means another run.

// The include count before any launcher has told one.
inline constexpr unsigned k_count_not_known = 0;

class CurrentRun {
 public:
  // `lines` must outlive this object. It gets a line about anything that cannot be recorded.
  CurrentRun(RunOrigin origin, RunLines& lines) : origin_(std::move(origin)), lines_(lines) {}

  // True: a test with this include count belongs to a later run, and close() must end this run
  // first.
  bool is_over_at(unsigned include_count) const;
  // True: take_log() may find a log for this run. The run has none, and nobody has looked yet.
  bool may_have_log() const { return run_ && !run_->log() && !looked_for_log_; }
  // Returns the run of a test with this include count, and begins it if there is none.
  Run& at(unsigned include_count);
  unsigned include_count() const { return include_count_; }

  // Returns the current run; null: no run has begun.
  Run* current() { return run_ ? &*run_ : nullptr; }
  ScratchPool* scratch() { return run_ ? run_->scratch() : nullptr; }
  std::string id() const { return run_ ? run_->id() : std::string(); }
  std::string journal() const { return run_ ? run_->journal() : std::string(); }

  // Gives the current run the log that ctest now has open, and begins a run if there is none. If
  // the run already has another log, that run is closed, and a new run gets this log. `is_asked`
  // says whether a process that ctest waits for is still there. If that process is gone, nothing
  // happens: ctest may already be at its next ctest_test(). So `is_asked` is called after the log
  // is opened.
  template <typename IsAsked>
  void take_log(IsAsked is_asked) {
    std::optional<LogPlace> place = find_log_of(origin_.ctest);
    const bool is_kept = place && run_ && run_->log() && run_->log()->is_at(*place);
    std::optional<RunLog> log;
    if (place && !is_kept) log = RunLog::open(*std::move(place));
    if (!is_asked()) return;
    looked_for_log_ = true;
    if (!log) return;
    if (run_ && run_->log()) close(Run::Completeness::complete);
    if (!run_) {
      at(k_count_not_known);
      looked_for_log_ = true;
    }
    run_->keep_log(*std::move(log));
  }

  // Records the end of the run for `holdfast end` and returns the summary to print. A second call
  // for the same run returns the same text.
  std::string finish_for_end();
  // Records the end and prints the summary, unless `holdfast end` has done so. After this call the
  // next run can begin.
  void close(Run::Completeness completeness);
  // `holdfast end` has written the run's reports, and the run is in the history.
  void note_remembered() { is_remembered_ = true; }
  // The first and the last closed run that nobody has remembered; empty: there is none.
  const std::string& first_closed() const { return first_closed_; }
  const std::string& last_closed() const { return last_closed_; }

  // True: ctest came to the end of its tests, or no run has begun. To be called when ctest has
  // ended. `holdfast end` or the closing line of ctest's log shows it. `holdfast end` does not come
  // if the project's own POST_TEST command fails.
  bool has_all_tests() const;

 private:
  std::string finish(Run::Completeness completeness);

  RunOrigin origin_;
  RunLines& lines_;
  std::optional<Run> run_;
  unsigned runs_ = 0;
  unsigned include_count_ = k_count_not_known;
  bool looked_for_log_ = false;
  bool ended_ = false;  // `holdfast end` has come
  bool is_remembered_ = false;
  std::string summary_;
  std::string first_closed_;
  std::string last_closed_;
};

}  // namespace holdfast
