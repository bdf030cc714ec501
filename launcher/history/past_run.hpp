// A run as the history remembers it: without paths, so that it means the same on every machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/outcome/outcome_table.hpp"
#include "report/model.hpp"
#include "report/outputs.hpp"

namespace holdfast {

// Which test it is, in all runs.
struct TestId {
  std::string name;
  std::string batch = {};  // the test whose case it is; empty: a test of ctest
  std::int64_t nth = 1;    // among the tests of that name, by ctest's numbers

  friend bool operator==(const TestId&, const TestId&) = default;
  friend bool operator<(const TestId& one, const TestId& other) {
    return std::tie(one.batch, one.name, one.nth) < std::tie(other.batch, other.name, other.nth);
  }
};

// An attempt that did not pass.
struct PastFailure {
  std::int64_t attempt = 1;
  std::string outcome;    // a name of core/outcome/outcome_table.hpp
  std::string signature;  // history/signature.hpp

  friend bool operator==(const PastFailure&, const PastFailure&) = default;
};

struct PastResult {
  TestId test;
  std::string outcome;
  Grade grade = Grade::passed;
  std::int64_t wall_ms = 0;  // of the last attempt
  std::int64_t attempts = 0;
  bool flaky = false;
  std::vector<PastFailure> failures = {};

  bool is_red() const { return grade == Grade::failure || grade == Grade::error; }
  friend bool operator==(const PastResult&, const PastResult&) = default;
};

// Its id and the time of its start tell a run from all others.
struct RunHead {
  std::string id;
  double started = 0;  // seconds since 1970, as everywhere
  double ended = 0;
  bool complete = false;

  friend bool operator==(const RunHead&, const RunHead&) = default;
  friend bool operator<(const RunHead& one, const RunHead& other) {
    return std::tie(one.started, one.id) < std::tie(other.started, other.id);
  }
};

struct PastRun {
  RunHead head;
  std::vector<PastResult> results;  // tests, and also the cases of batches
};

// What is to be remembered of a run. `started` is when it began, if the report does not know.
// Disabled tests are left out: nobody saw them.
PastRun past_run_of(const RunReport& report, Outputs& outputs, double started);

}  // namespace holdfast
