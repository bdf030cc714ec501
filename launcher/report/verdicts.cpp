#include "report/verdicts.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

namespace holdfast {
namespace {

// Keeps the last verdict of each (name, number), in the order in which the pairs first came. In
// place, because a large run has many.
void keep_latest(std::deque<VerdictRecord>& verdicts) {
  std::vector<std::size_t> places;
  places.reserve(verdicts.size());
  std::size_t kept = 0;
  {
    std::map<std::pair<std::string_view, std::int64_t>, std::size_t> known;
    for (const VerdictRecord& verdict : verdicts) {
      // All records of one name without a number are one test, as number -1.
      const auto [place, is_new] =
          known.try_emplace({verdict.test, verdict.index.value_or(-1)}, kept);
      if (is_new) ++kept;
      places.push_back(place->second);
    }
  }
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (places[i] != i) verdicts[places[i]] = std::move(verdicts[i]);
  }
  verdicts.resize(kept);
}

// ctest never started the test of this verdict, so the test has no attempt.
bool is_not_run(const VerdictRecord& verdict) {
  return verdict.verdict == Verdict::disabled || !verdict.ran.value_or(true);
}

// Whether the log has more entries of the test than ctest has started it. A test that is not
// started by the launcher has no record of that.
bool has_too_many(const TestReport* test, const VerdictRecord& verdict) {
  if (verdict.key.empty() || !verdict.launched) return false;
  const std::int64_t started = test == nullptr ? 0 : test->executions;
  return verdict.times.value_or(0) > std::max<std::int64_t>(started, 1);
}

// Tells the last attempt of each earlier execution where its output is.
void give_earlier(TestReport& test, const VerdictRecord& verdict) {
  std::size_t execution = 0;
  for (std::size_t i = 0; i + 1 < test.attempts.size(); ++i) {
    if (test.attempts[i + 1].n != 1) continue;
    if (execution == verdict.earlier.size()) return;
    const OutputPlace& place = verdict.earlier[execution++];
    if (place.length == 0) continue;
    test.attempts[i].printed = {place};
    test.attempts[i].test = test.name;
  }
}

void give(TestReport& test, const VerdictRecord& verdict, bool is_doubtful) {
  test.is_doubtful = is_doubtful;
  test.index = verdict.index;
  test.nth = verdict.nth;
  test.program = verdict.program;
  if (!test.why.empty()) {
    // The test's own records say why.
  } else if (verdict.launched && test.attempts.empty()) {
    test.why = "its launcher left no record";  // the keeper was gone or stopped
  } else {
    test.why = verdict.note;
  }
  // ctest died before it recorded the last execution. Its verdict is on an earlier one.
  if (verdict.times && *verdict.times < test.executions && !test.attempts.empty()) return;
  test.verdict = verdict.verdict;
  test.output_place = verdict.output;
  if (!is_doubtful && verdict.times == test.executions) give_earlier(test, verdict);
  const bool is_told = test.bare && !test.may_be_skipped;
  if (verdict.or_skipped && test.attempts.empty() && !is_told) test.verdict = Verdict::unknown;
}

// Finds the tests of a journal, whose names and keys stay where they are meanwhile.
class KnownTests {
 public:
  explicit KnownTests(std::vector<TestReport>& tests) : tests_(&tests), has_verdict_(tests.size()) {
    for (std::size_t i = 0; i < tests.size(); ++i) {
      if (!tests[i].key.empty()) by_key_.emplace(tests[i].key, i);
    }
  }

  // Null: the journal has none.
  TestReport* with_key(const VerdictRecord& verdict) {
    const auto found = by_key_.find(verdict.key);
    if (verdict.key.empty() || found == by_key_.end()) return nullptr;
    TestReport& test = (*tests_)[found->second];
    return test.name == verdict.test ? &test : nullptr;
  }

  bool has_verdict(const TestReport& test) const {
    return has_verdict_[static_cast<std::size_t>(&test - tests_->data())];
  }
  void note_verdict(const TestReport& test) {
    has_verdict_[static_cast<std::size_t>(&test - tests_->data())] = true;
  }

  // The first of that name without a verdict. Null: there is none.
  TestReport* next_named(const std::string& name) {
    // Most runs have a key for each verdict.
    if (by_name_.empty()) sort_by_name();
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    for (const std::size_t i : found->second) {
      if (!has_verdict_[i]) return &(*tests_)[i];
    }
    return nullptr;
  }

 private:
  void sort_by_name() {
    by_name_.reserve(tests_->size());
    for (std::size_t i = 0; i < tests_->size(); ++i) by_name_[(*tests_)[i].name].push_back(i);
  }

  std::vector<TestReport>* tests_;
  std::vector<bool> has_verdict_;
  std::unordered_map<std::string_view, std::size_t> by_key_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_name_;
};

}  // namespace

void assign_verdicts(std::vector<TestReport>& tests, std::deque<VerdictRecord> verdicts) {
  keep_latest(verdicts);
  KnownTests known(tests);
  std::unordered_set<std::int64_t> with_too_many;
  for (const VerdictRecord& verdict : verdicts) {
    if (verdict.index && !verdict.listed && has_too_many(known.with_key(verdict), verdict))
      with_too_many.insert(*verdict.index);
  }
  const auto is_doubtful = [&](const VerdictRecord& verdict) {
    if (verdict.listed) return false;
    return verdict.doubtful || with_too_many.count(verdict.index.value_or(0)) != 0 ||
           with_too_many.count(verdict.before.value_or(0)) != 0;
  };

  std::vector<const VerdictRecord*> left;
  for (const VerdictRecord& verdict : verdicts) {
    TestReport* const test = known.with_key(verdict);
    if (test == nullptr) {
      left.push_back(&verdict);
      continue;
    }
    // ctest has one number for a test. If the log has two, the test has printed one of them.
    const bool is_second = known.has_verdict(*test);
    give(*test, verdict, is_second || is_doubtful(verdict));
    test->may_lack_last = with_too_many.count(verdict.index.value_or(0)) != 0;
    test->came_twice = is_second || test->may_lack_last;
    known.note_verdict(*test);
  }
  std::vector<TestReport> further;
  for (const VerdictRecord* const verdict : left) {
    TestReport* test = nullptr;
    if (verdict->key.empty() && !is_not_run(*verdict)) test = known.next_named(verdict->test);
    if (test != nullptr) {
      give(*test, *verdict, is_doubtful(*verdict));
      known.note_verdict(*test);
      continue;
    }
    TestReport& added = further.emplace_back();
    added.name = verdict->test;
    added.key = verdict->key;
    give(added, *verdict, is_doubtful(*verdict));
    added.bare = verdict->ran.value_or(verdict->verdict == Verdict::passed ||
                                       verdict->verdict == Verdict::skipped);
  }
  std::move(further.begin(), further.end(), std::back_inserter(tests));
}

}  // namespace holdfast
