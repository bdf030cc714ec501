// The journal's records of cases: docs/journal.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/case_result.hpp"
#include "core/result.hpp"
#include "launcher/records.hpp"

namespace holdfast::exec {

// Where a case's output is in the captured file.
struct CaseOutput {
  std::string_view log;  // path; empty: it is not kept
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Collects lines: cases that end soon after one another are written by one write(2). Who adds them
// calls write() before it waits without end. Errors are for a warning: a record never changes a
// verdict.
class CaseJournal {
 public:
  explicit CaseJournal(const launcher::AttemptIdentity& identity);

  Result<void> add(const CaseResult& result, const CaseOutput& output);
  Result<void> write();

 private:
  const launcher::AttemptIdentity& identity_;
  std::string whose_;  // what is the same in each record
  // As in the record before; escaped.
  std::string log_;
  std::string log_text_;
  std::string lines_;
};

}  // namespace holdfast::exec
