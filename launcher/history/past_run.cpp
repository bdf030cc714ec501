#include "history/past_run.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "core/base/utf8.hpp"
#include "history/signature.hpp"
#include "report/cases_as_tests.hpp"
#include "report/said/reasons.hpp"

namespace holdfast {
namespace {

std::int64_t milliseconds(double seconds) {
  constexpr double k_longest = 1e9;
  return std::llround(std::clamp(seconds, 0.0, k_longest) * 1000);
}

PastFailure failure_of(const Attempt& attempt, std::int64_t n, std::string_view output) {
  PastFailure failure;
  failure.attempt = n;
  const Outcome without_end = attempt.is_running ? Outcome::unknown : Outcome::interrupted;
  failure.outcome = name_of(attempt.outcome.value_or(without_end));
  failure.signature = signature_of(attempt, output);
  return failure;
}

// `test` is as see_as_tests() and the report have it: a test of ctest, or a case of one.
PastResult result_of(const TestReport& test, Outputs& outputs) {
  PastResult result;
  result.test = {valid_utf8(test.name), valid_utf8(test.part_of), test.nth, test.key};
  result.outcome = name_of(test.outcome);
  result.grade = grade_of(test);
  result.flaky = test.flaky;
  result.program = valid_utf8(test.program);
  result.attempts = static_cast<std::int64_t>(test.attempts.size());
  if (!test.attempts.empty()) result.wall_ms = milliseconds(test.attempts.back().wall_s);
  for (std::size_t i = 0; i < test.attempts.size(); ++i) {
    const Attempt& attempt = test.attempts[i];
    const bool is_last = i + 1 == test.attempts.size();
    if (!(is_last ? is_wrong(test) : has_failed(attempt))) continue;
    const std::string output = is_last ? outputs.of(test).text : outputs.of(attempt);
    result.failures.push_back(failure_of(attempt, static_cast<std::int64_t>(i) + 1, output));
  }
  if (test.attempts.empty() && is_wrong(test)) {
    result.failures.push_back({1, result.outcome, bounded_signature(test.why)});
  }
  return result;
}

}  // namespace

PastRun past_run_of(const RunReport& report, Outputs& outputs, double started) {
  PastRun past;
  past.head.id = report.run.id;
  past.head.started = started;
  past.head.ended = std::max(report.run.ended.value_or(started), started);
  past.head.complete = report.run.complete;
  std::map<std::pair<std::string, std::string>, std::int64_t> times;
  const auto add = [&](const TestReport& test) {
    if (test.verdict == Verdict::disabled) return;
    PastResult result = result_of(test, outputs);
    if (!report.run.has_keys) result.test.key.clear();
    const std::int64_t nth = ++times[{result.test.batch, result.test.name}];
    if (result.test.key.empty()) result.test.nth = nth;
    past.results.push_back(std::move(result));
  };
  for (const TestReport& test : report.tests) {
    add(test);
    for (const Case& one : test.cases) add(as_test(test, one));
  }
  return past;
}

}  // namespace holdfast
