// One run as the keeper keeps it: its directory, its journal, the numbers of its attempts, its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/log/log_line.hpp"
#include "core/retry/run_retries.hpp"
#include "core/settings/settings.hpp"
#include "keeper/run/chosen_tests.hpp"
#include "keeper/run/run_log.hpp"
#include "keeper/run/scratch_pool.hpp"
#include "report/model.hpp"
#include "store/run_directory.hpp"

namespace holdfast {

// What a run is about.
struct RunOrigin {
  std::string tree;
  ProcessName ctest;
  std::string lock_trouble;  // one sentence: the tree could not be locked; empty: it is locked
  RunRetryLimits retries = {};
  std::string inside = {};     // the run whose test started ctest; empty: none
  std::string directory = {};  // in which ctest looks for its tests; empty: not known
  // Whether other runs may be at work in the tree. When such a run ends, LastTest.log may become
  // the log of that run.
  bool has_company = false;
  RunsOf whose = RunsOf::ctest;
  // In bytes, what all runs of the tree may keep of what attempts print.
  std::uint64_t kept_output = k_default_kept_output_in_all_kb * 1024;
  std::string planned = {};       // whole lines for the journal of the first run
  LogLevel log = LogLevel::info;  // unless HOLDFAST_LOG says another
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
  // What the attempt runs (keeper/run/stale_programs.hpp). The last attempt of a test counts.
  void note_program(const std::string& key, std::string fingerprint) {
    const auto test = tests_.find(key);
    if (test != tests_.end()) test->second = std::move(fingerprint);
  }

  // The word by which ctest's log shows this run's entries (store/ctest_log_entries.hpp).
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

}  // namespace holdfast
