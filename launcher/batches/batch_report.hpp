// One report of a batch, in the form of its framework, where the user wants one. The processes of
// the batch leave their parts of it in a directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attempt/records.hpp"
#include "base/json_line.hpp"
#include "base/result.hpp"
#include "batches/batch.hpp"
#include "batches/gtest_report.hpp"
#include "batches/test_program.hpp"
#include "values/case_result.hpp"

namespace holdfast::exec {

// The attempts of all workers of a batch, added up to one.
EndedBy who_ended(const supervision::AttemptResult& result);

struct BatchTotal {
  supervision::AttemptResult result = {};
  EndedBy last_by = EndedBy::itself;  // who ended the last worker

  // Something else than a worker ends the batch.
  void end_by(EndReason reason, int signal);
  void add(const supervision::AttemptResult& one);
  void add_leftovers(const supervision::GuardReport& one);
};

// The directory for the parts. Without a marker directory no report is wanted, and nobody uses it.
std::string parts_in(const std::string& markers);

// Moves the file of a process that has ended into that directory. What cannot be kept is missing in
// the report.
void keep_part(const std::string& file, const std::string& parts);

class BatchReport {
 public:
  // `file`: what the report is called; empty: none is wanted.
  BatchReport(std::string file, const std::string& markers);

  bool is_wanted() const { return !file_.empty(); }
  // `cases`: only these run again, and the report that is there has the others; empty: all.
  void begin(const std::vector<std::string>& cases);
  // What a case printed that did not pass.
  void add_words(std::string_view name, std::string words) {
    merge_.add_words(name, std::move(words));
  }
  // Writes the report, if it is wanted, and removes the parts.
  Result<void> write(const std::vector<CaseResult>& results);

 private:
  std::string file_;
  std::string parts_;
  std::string began_;  // the time, as GoogleTest writes it
  GtestMerge merge_;
};

// The journal's records of cases: docs/reference/journal.md.

// Collects cases, so that many cases make one record, which names their test once. The caller must
// call write() before it waits without a limit. An error leads to a warning and no more: a record
// never changes a verdict.
class CaseJournal {
 public:
  // `path`: the file for the records; empty: there is none.
  CaseJournal(const supervision::AttemptIdentity& identity, std::string path)
      : identity_(identity), path_(std::move(path)) {}

  // `log`: the path of the file that has the case's output, in that range; empty: it is not kept.
  Result<void> add(const CaseResult& result, const std::string& log, const OutputRange& range);
  Result<void> write();

 private:
  void begin_record(unsigned worker);

  const supervision::AttemptIdentity& identity_;
  std::string path_;
  std::string log_;                 // the file with the output of all cases in the record
  unsigned worker_ = 0;             // the worker of all cases in the record
  std::optional<JsonLine> record_;  // not written yet
};

}  // namespace holdfast::exec
