// One run as the keeper keeps it: its directory, its journal, its attempts' numbers, its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/retry/run_retries.hpp"
#include "keeper/run/run_log.hpp"
#include "keeper/run/scratch_pool.hpp"
#include "report/model.hpp"

namespace holdfast {

// What a run is of.
struct RunOrigin {
  std::string tree;
  ProcessName ctest;
  std::string lock_trouble;  // one sentence: the tree could not be locked; empty: it is
  RunRetryLimits retries = {};
  std::string inside = {};  // the run one of whose tests started ctest; empty: none
  // Whether other runs may be at work in the tree. As soon as one of them ends, LastTest.log may be
  // its log.
  bool has_company = false;
};

class Run {
 public:
  // Makes the run's directory and writes its first record. A tree that cannot be written to gives a
  // run without a journal, and the reason in trouble().
  static Run begin(const RunOrigin& origin, unsigned number);

  const std::string& id() const { return id_; }
  const std::string& journal() const { return journal_; }  // empty: nothing is recorded
  const std::string& trouble() const { return trouble_; }

  // Without a journal there is no directory to have them in.
  ScratchPool* scratch() { return journal_.empty() ? nullptr : &scratch_; }

  std::string next_attempt() { return id_ + "." + std::to_string(++attempts_); }
  unsigned attempts() const { return attempts_; }
  // Of the test with that key. Says whether there was one before in this run.
  bool begin_attempt_of(const std::string& key) { return !tests_.insert(key).second; }

  // Of the run's tests, which are told apart by their keys.
  RunRetries& retries() { return retries_; }

  // The log of the run's tests and of no others. Without one nothing is known of ctest's verdicts
  // but what the launchers know.
  void keep_log(RunLog log) { log_ = std::move(log); }
  // Before the first test, while ctest waits: what becomes of a log that another ctest may have
  // opened, too (docs/internals/decisions/0028). What that one wrote is cut off. With company it
  // may still be writing: then the run does without a log. Or it may open it later: that is
  // watched.
  void settle_log();
  const std::optional<RunLog>& log() const { return log_; }
  // Whether nobody else writes it, as far as anybody can know.
  bool believes_log() const { return log_ && is_log_safe_ && !log_->was_opened(); }

  enum class Completeness { complete, incomplete };
  // Records ctest's verdicts and the end, removes old runs. Returns the summary for people;
  // trouble() is what could not be recorded: without a journal there is no summary. To be called
  // once.
  std::string finish(Completeness completeness);
  // Then: it came to its end, and ctest had selected no test.
  bool selected_nothing() const { return selected_nothing_; }

 private:
  Result<void> record_verdicts();
  // Of what the journal has by now and will have when that is on record, too: what a test without
  // an end came to depends on it.
  Result<RunReport> report(const RunEnded& to_come) const;
  // Tests that were granted an attempt and are not in the report.
  std::int64_t unrecorded_in(const RunReport& report) const;

  RunOrigin origin_;
  std::string id_;
  std::string journal_;
  std::string trouble_;
  double started_ = 0;
  unsigned attempts_ = 0;
  bool selected_nothing_ = false;
  std::unordered_set<std::string> tests_;
  std::optional<RunLog> log_;
  bool is_log_safe_ = true;  // false: who may open it later cannot be watched
  ScratchPool scratch_{{}};
  RunRetries retries_{{}};
};

}  // namespace holdfast
