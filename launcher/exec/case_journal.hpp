// The journal's records of cases: docs/journal.md.
#pragma once

#include <cstdint>
#include <string>

#include "core/case_result.hpp"
#include "core/result.hpp"
#include "launcher/records.hpp"

namespace holdfast::exec {

// Where a case's output is in the captured file.
struct CaseOutput {
  std::string log;  // path; empty: it is not kept
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// One line. The error is for a warning: a record never changes a verdict.
Result<void> record_case(const launcher::AttemptIdentity& identity, const CaseResult& result,
                         const CaseOutput& output);

}  // namespace holdfast::exec
