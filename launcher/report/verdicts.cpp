#include "report/verdicts.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace holdfast {
namespace {

using Group = std::vector<std::size_t>;  // tests of one name, by place in the list

// Keeps the last verdict of each (name, number), in the order in which the pairs first came. In
// place, because a large run has many.
void keep_latest(std::vector<VerdictRecord>& verdicts) {
  std::map<std::pair<std::string, std::int64_t>, std::size_t> place;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    // All records of one name without a number are one test, as number -1.
    const auto [known, is_new] =
        place.try_emplace({verdicts[i].test, verdicts[i].index.value_or(-1)}, kept);
    if (is_new) ++kept;
    if (known->second != i) verdicts[known->second] = std::move(verdicts[i]);
  }
  verdicts.resize(kept);
}

// ctest never started the test of this verdict, so the test has no attempt.
bool is_not_run(const VerdictRecord& verdict) {
  return verdict.verdict == Verdict::disabled || !verdict.ran.value_or(true);
}

bool agrees(const TestReport& test, const VerdictRecord& verdict) {
  if (is_not_run(verdict)) return false;
  if (test.attempts.empty()) return true;
  const Attempt& last = test.attempts.back();
  // A setting decides whether a test that had nothing to run passes.
  if (last.outcome == Outcome::no_tests) return true;
  const bool passed =
      last.verdict ? *last.verdict == Verdict::passed : last.outcome == Outcome::passed;
  return passed == (verdict.verdict == Verdict::passed);
}

// How often the tests of one name were started, and how often ctest's log has them. Both grow with
// --repeat. `logged` is absent in records of older versions.
struct Times {
  std::int64_t started = 0;
  std::optional<std::int64_t> logged = 0;
  unsigned tests = 0;     // tests of that name in the journal
  unsigned verdicts = 0;  // tests of that name in the log
};

void give(TestReport& test, const VerdictRecord& verdict, const Times& times) {
  test.index = verdict.index;
  if (!test.why.empty()) {
    // The test's own records say why.
  } else if (verdict.launched && test.attempts.empty()) {
    test.why = "its launcher left no record";  // the keeper was gone or stopped
  } else {
    test.why = verdict.note;
  }
  // ctest died before it recorded the last execution. Its verdict is on an earlier one.
  if (times.logged && *times.logged < times.started && !test.attempts.empty()) return;
  test.verdict = verdict.verdict;
  test.output_place = verdict.output;
  const bool has_namesake = times.tests > 1 || times.verdicts > 1;
  test.is_ahead =
      times.logged && *times.logged > times.started && !has_namesake && !test.attempts.empty();
  const bool is_told = test.bare && !test.may_be_skipped;
  if (verdict.or_skipped && test.attempts.empty() && !is_told) test.verdict = Verdict::unknown;
}

}  // namespace

void assign_verdicts(std::vector<TestReport>& tests, std::vector<VerdictRecord> verdicts) {
  std::map<std::string, Group> of_name;
  for (std::size_t i = 0; i < tests.size(); ++i) of_name[tests[i].name].push_back(i);

  keep_latest(verdicts);
  std::map<std::string, Times> times;
  for (const TestReport& test : tests) {
    ++times[test.name].tests;
    times[test.name].started += test.executions;
  }
  for (const VerdictRecord& verdict : verdicts) {
    ++times[verdict.test].verdicts;
    std::optional<std::int64_t>& logged = times[verdict.test].logged;
    if (!verdict.times)
      logged.reset();
    else if (logged && !is_not_run(verdict))
      *logged += *verdict.times;
  }

  std::vector<VerdictRecord> left;
  for (const VerdictRecord& verdict : verdicts) {
    Group& group = of_name[verdict.test];
    const auto found = std::find_if(group.begin(), group.end(),
                                    [&](std::size_t i) { return agrees(tests[i], verdict); });
    if (found == group.end()) {
      left.push_back(verdict);
      continue;
    }
    give(tests[*found], verdict, times[verdict.test]);
    group.erase(found);
  }
  for (const VerdictRecord& verdict : left) {
    Group& group = of_name[verdict.test];
    if (!group.empty() && !is_not_run(verdict)) {
      give(tests[group.front()], verdict, times[verdict.test]);
      group.erase(group.begin());
      continue;
    }
    TestReport& test = tests.emplace_back();
    test.name = verdict.test;
    give(test, verdict, times[verdict.test]);
    test.bare = verdict.ran.value_or(verdict.verdict == Verdict::passed ||
                                     verdict.verdict == Verdict::skipped);
  }
}

}  // namespace holdfast
