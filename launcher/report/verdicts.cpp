#include "report/verdicts.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace holdfast {
namespace {

using Group = std::vector<std::size_t>;  // tests of one name, by place in the list

// The last verdict of each (name, number), in the order in which they first came.
std::vector<VerdictRecord> latest(const std::vector<VerdictRecord>& verdicts) {
  std::vector<VerdictRecord> kept;
  std::map<std::pair<std::string, std::int64_t>, std::size_t> place;
  for (const VerdictRecord& verdict : verdicts) {
    // Without a number each record is a test of its own name: the number -1 stands for it.
    const auto [known, is_new] =
        place.try_emplace({verdict.test, verdict.index.value_or(-1)}, kept.size());
    if (is_new)
      kept.push_back(verdict);
    else
      kept[known->second] = verdict;
  }
  return kept;
}

bool agrees(const TestReport& test, const VerdictRecord& verdict) {
  const bool ran = verdict.verdict != Verdict::disabled && verdict.ran.value_or(true);
  if (!ran) return false;
  if (test.attempts.empty()) return true;
  const std::optional<Outcome> outcome = test.attempts.back().outcome;
  // Whether a test that had nothing to run passes is a setting.
  if (outcome == Outcome::no_tests) return true;
  const bool passed = outcome == Outcome::passed;
  return passed == (verdict.verdict == Verdict::passed);
}

void give(TestReport& test, const VerdictRecord& verdict) {
  test.index = verdict.index;
  test.verdict = verdict.verdict;
  test.output_place = verdict.output;
  if (!test.why.empty()) return;
  test.why = verdict.note;
  // The keeper was gone or stopped, or an inner ctest of the same tree has taken this log's place.
  if (verdict.launched && test.attempts.empty()) test.why = "its launcher left no record";
}

// Whether this verdict is of a test that ctest never started, so of none that has an attempt.
bool is_not_run(const VerdictRecord& verdict) {
  return verdict.verdict == Verdict::disabled || !verdict.ran.value_or(true);
}

}  // namespace

void assign_verdicts(std::vector<TestReport>& tests, const std::vector<VerdictRecord>& verdicts) {
  std::map<std::string, Group> of_name;
  for (std::size_t i = 0; i < tests.size(); ++i) of_name[tests[i].name].push_back(i);

  std::vector<VerdictRecord> left;
  for (const VerdictRecord& verdict : latest(verdicts)) {
    Group& group = of_name[verdict.test];
    const auto found = std::find_if(group.begin(), group.end(),
                                    [&](std::size_t i) { return agrees(tests[i], verdict); });
    if (found == group.end()) {
      left.push_back(verdict);
      continue;
    }
    give(tests[*found], verdict);
    group.erase(found);
  }
  for (const VerdictRecord& verdict : left) {
    Group& group = of_name[verdict.test];
    if (!group.empty() && !is_not_run(verdict)) {
      give(tests[group.front()], verdict);
      group.erase(group.begin());
      continue;
    }
    TestReport& test = tests.emplace_back();
    test.name = verdict.test;
    give(test, verdict);
    test.bare = verdict.ran.value_or(verdict.verdict == Verdict::passed ||
                                     verdict.verdict == Verdict::skipped);
  }
}

}  // namespace holdfast
