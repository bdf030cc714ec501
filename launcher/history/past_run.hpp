// A run as the history remembers it: without paths, so that it means the same on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "command/json.hpp"
#include "report/load.hpp"
#include "report/model.hpp"
#include "values/outcome.hpp"

namespace holdfast {

// The signature of a failure: the same for the same failure, in other runs and on other machines.

// Returns what the attempt itself printed about its failure (report/excerpt.hpp), or else how it
// ended. Leaves out what differs from run to run: directories, lines, numbers, addresses.
std::string signature_of(const Attempt& attempt, std::string_view output);

// Returns one line of at most 200 bytes, with `#` for each number and only the last part of each
// path.
std::string bounded_signature(std::string_view text);

// Identifies a test in all runs.
struct TestId {
  std::string name;
  std::string batch = {};  // the test whose case it is; empty: a test of ctest
  // Which of the tests of that name it is. Tests without a key are numbered in ctest's order.
  std::int64_t nth = 1;
  // Of the test, or of the batch (values/attach.hpp). Empty: older versions did not keep
  // it, or ctest started the test without the launcher.
  std::string key = {};

  friend bool operator==(const TestId&, const TestId&) = default;
  friend bool operator<(const TestId& one, const TestId& other) {
    return std::tie(one.batch, one.name, one.nth) < std::tie(other.batch, other.name, other.nth);
  }
};

// An attempt that did not pass.
struct PastFailure {
  std::int64_t attempt = 1;
  std::string outcome;    // a name of values/outcome.hpp
  std::string signature;  // signature_of()

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
  // The same for the same program and inputs. Empty: not known.
  std::string program = {};

  bool is_red() const { return holdfast::is_red(grade); }
  double wall_s() const { return static_cast<double>(wall_ms) / 1000; }
  friend bool operator==(const PastResult&, const PastResult&) = default;
};

// A test or case, with the number that it has in the file.
struct NumberedTest {
  std::int64_t number = 0;
  TestId id;
};

// The first and the last number of the tests that are asked for. Other tests between them may come,
// too.
struct NumberRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

// As much of a result as an answer about all tests and many runs can afford to read.
struct BriefResult {
  std::int64_t test = 0;  // its number
  Grade grade = Grade::passed;
  std::int64_t wall_ms = 0;
  std::int64_t attempts = 0;
};

// Id and time of start distinguish a run from all others.
struct RunHead {
  std::string id;
  double started = 0;  // seconds since 1970, as everywhere
  double ended = 0;
  bool complete = false;

  friend bool operator==(const RunHead&, const RunHead&) = default;
};

struct PastRun {
  RunHead head;
  std::vector<PastResult> results;  // tests, and also the cases of batches
};

// Returns what is to be remembered about a run. `started` is when it began, if the report does not
// know. Leaves out disabled tests, because nobody saw them run.
PastRun past_run_of(const RunReport& report, Outputs& outputs, double started);

// Words and JSON that several answers use.

// "name", "name #2", "name in batch". Safe for a terminal.
std::string title_of(const TestId& test);

// "failed: net_test.cpp: Expected equality": the outcome and the signature of the last failure.
std::string words_for(const PastResult& result);
std::string signature_for(const PastResult& result);

Json json_of(const TestId& test);

}  // namespace holdfast
