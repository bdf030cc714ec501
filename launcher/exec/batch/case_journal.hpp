// The journal's records of cases: docs/reference/journal.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json_line.hpp"
#include "core/base/result.hpp"
#include "core/batch/case_result.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

// Where a case's output is in the captured file.
struct CaseOutput {
  std::string_view log;  // path; empty: it is not kept
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Collects cases: those that end soon after one another are one record, which says once whose they
// are. Who adds them calls write() before it waits without end. Errors are for a warning: a record
// never changes a verdict.
class CaseJournal {
 public:
  explicit CaseJournal(const supervision::AttemptIdentity& identity) : identity_(identity) {}

  Result<void> add(const CaseResult& result, const CaseOutput& output);
  Result<void> write();

 private:
  void begin_record(unsigned worker);

  const supervision::AttemptIdentity& identity_;
  std::string log_;                 // of all of them that have any
  unsigned worker_ = 0;             // of all of them
  std::optional<JsonLine> record_;  // not written yet
  std::string room_;
};

}  // namespace holdfast::exec
