// The journal's records of cases: docs/reference/journal.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/json_line.hpp"
#include "core/base/result.hpp"
#include "core/batch/case_result.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

// Where a case's output is.
struct CaseOutput {
  std::string_view log;  // the path of the file; empty: the output is not kept
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Collects cases, so that many cases make one record, which names their test once. The caller must
// call write() before it waits without a limit. An error leads to a warning and no more: a record
// never changes a verdict.
class CaseJournal {
 public:
  // `path`: the file for the records; empty: there is none.
  CaseJournal(const supervision::AttemptIdentity& identity, std::string path)
      : identity_(identity), path_(std::move(path)) {}

  Result<void> add(const CaseResult& result, const CaseOutput& output);
  Result<void> write();

 private:
  void begin_record(unsigned worker);

  const supervision::AttemptIdentity& identity_;
  std::string path_;
  std::string log_;                 // the file with the output of all cases in the record
  unsigned worker_ = 0;             // the worker of all cases in the record
  std::optional<JsonLine> record_;  // not written yet
  std::string room_;
};

}  // namespace holdfast::exec
