#include "report/verdicts.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

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
  unsigned verdicts = 0;        // tests of that name in the log that ran
  bool has_unlaunched = false;  // one of them without the launcher, which leaves no record
};

struct Namesakes {
  std::vector<std::size_t> without;  // a verdict, by place in the list
  Times times;
};

// Whether the log has more entries of the tests of that name than ctest has started them. A test
// that is not started by the launcher has no record of that.
bool has_too_many(const Times& times) {
  if (!times.logged || times.has_unlaunched) return false;
  return *times.logged > std::max<std::int64_t>(times.started, times.verdicts);
}

// Tells the last attempt of each earlier execution where its output is.
void give_earlier(TestReport& test, const VerdictRecord& verdict) {
  std::size_t execution = 0;
  for (std::size_t i = 0; i + 1 < test.attempts.size(); ++i) {
    if (test.attempts[i + 1].n != 1) continue;
    if (execution == verdict.earlier.size()) return;
    const OutputPlace& place = verdict.earlier[execution++];
    if (place.length == 0) continue;
    test.attempts[i].printed = place;
    test.attempts[i].test = test.name;
  }
}

void give(TestReport& test, const VerdictRecord& verdict, const Times& times, bool is_doubtful) {
  test.is_doubtful = is_doubtful;
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
  if (!is_doubtful && verdict.times == test.executions) give_earlier(test, verdict);
  const bool is_told = test.bare && !test.may_be_skipped;
  if (verdict.or_skipped && test.attempts.empty() && !is_told) test.verdict = Verdict::unknown;
}

}  // namespace

void assign_verdicts(std::vector<TestReport>& tests, std::vector<VerdictRecord> verdicts,
                     LogOf log) {
  std::unordered_map<std::string, Namesakes> of_name;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    auto& [without, times] = of_name[tests[i].name];
    without.push_back(i);
    times.started += tests[i].executions;
  }

  keep_latest(verdicts);
  for (const VerdictRecord& verdict : verdicts) {
    Times& times = of_name[verdict.test].times;
    if (!is_not_run(verdict)) ++times.verdicts;
    times.has_unlaunched = times.has_unlaunched || (!is_not_run(verdict) && !verdict.launched);
    if (!verdict.times)
      times.logged.reset();
    else if (times.logged && !is_not_run(verdict))
      *times.logged += *verdict.times;
  }

  std::unordered_set<std::int64_t> with_too_many;
  for (const VerdictRecord& verdict : verdicts) {
    if (log == LogOf::marked && verdict.index && has_too_many(of_name[verdict.test].times)) {
      with_too_many.insert(*verdict.index);
    }
  }
  const auto is_doubtful = [&](const VerdictRecord& verdict) {
    return verdict.doubtful || with_too_many.count(verdict.index.value_or(0)) != 0 ||
           with_too_many.count(verdict.before.value_or(0)) != 0;
  };

  std::vector<VerdictRecord> left;
  for (VerdictRecord& verdict : verdicts) {
    auto& [without, times] = of_name[verdict.test];
    const auto found = std::find_if(without.begin(), without.end(),
                                    [&](std::size_t i) { return agrees(tests[i], verdict); });
    if (found == without.end()) {
      left.push_back(std::move(verdict));
      continue;
    }
    give(tests[*found], verdict, times, is_doubtful(verdict));
    without.erase(found);
  }
  for (const VerdictRecord& verdict : left) {
    auto& [without, times] = of_name[verdict.test];
    if (!without.empty() && !is_not_run(verdict)) {
      give(tests[without.front()], verdict, times, is_doubtful(verdict));
      without.erase(without.begin());
      continue;
    }
    TestReport& test = tests.emplace_back();
    test.name = verdict.test;
    give(test, verdict, times, is_doubtful(verdict));
    test.bare = verdict.ran.value_or(verdict.verdict == Verdict::passed ||
                                     verdict.verdict == Verdict::skipped);
  }
}

}  // namespace holdfast
