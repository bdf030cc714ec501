#include "report/run_report.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <limits>
#include <numeric>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "ctest/ctest_options.hpp"
#include "report/services.hpp"

namespace holdfast {
namespace {

// Decides which of ctest's verdicts belongs to which test of the journal.

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
  // Unless the test's own records say why. A launcher leaves none if the keeper was gone or
  // stopped.
  const bool has_none = verdict.launched && test.attempts.empty();
  if (test.why.empty()) test.why = has_none ? "its launcher left no record" : verdict.note;
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

  // Returns whether the test had a verdict before.
  bool note_verdict(const TestReport& test) {
    const auto place = static_cast<std::size_t>(&test - tests_->data());
    const bool is_second = has_verdict_[place];
    has_verdict_[place] = true;
    return is_second;
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

// Gives each test its verdict and appends the tests that only ctest knows. CTest allows one name
// several times: a test and its verdict have the same key. A verdict without a key goes to the
// first test of its name that is left: it is of a test that ctest ran without us, or from an older
// version. If several verdicts have the same number, the last counts.
// A deque, because the verdicts of a large run take much memory.
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
    const bool is_second = known.note_verdict(*test);
    give(*test, verdict, is_second || is_doubtful(verdict));
    test->may_lack_last = with_too_many.count(verdict.index.value_or(0)) != 0;
    test->came_twice = is_second || test->may_lack_last;
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

constexpr std::string_view k_leaked = "leaked";
constexpr std::string_view k_flaky = "flaky";
constexpr std::string_view k_bare = "bare";
constexpr std::string_view k_stale = "stale";

bool has_flag(const TestReport& test, std::string_view flag) {
  return std::ranges::find(test.flags, flag) != test.flags.end();
}

void add_once(TestReport& test, std::string_view flag) {
  if (!has_flag(test, flag)) test.flags.emplace_back(flag);
}

// The test passed in the end and an earlier attempt did not. Where ctest turns failures into passes
// (WILL_FAIL), the last attempt did not pass either, so the test is not flaky.
bool is_flaky(const TestReport& test) {
  if (test.outcome != Outcome::passed || test.attempts.size() < 2) return false;
  if (test.attempts.back().outcome != Outcome::passed || test.is_doubtful) return false;
  return std::ranges::any_of(
      test.attempts, [](const Attempt& attempt) { return attempt.outcome != Outcome::passed; });
}

void conclude(TestReport& test, RunState state, const RunInfo& run) {
  // For each --repeat ctest starts the launcher anew, and the launcher counts from 1 again.
  std::int64_t n = 0;
  for (Attempt& attempt : test.attempts) attempt.n = ++n;
  if (state == RunState::going_on && !test.attempts.empty())
    test.attempts.back().is_running = !test.attempts.back().has_ended;
  const Attempt& last = last_attempt(test);
  const TestEvidence evidence{.attempted = !test.attempts.empty(),
                              .ended = last.has_ended,
                              .outcome = last.outcome,
                              .ran = test.bare,
                              .verdict = test.verdict,
                              .expected = last.verdict,
                              .running = last.is_running,
                              .complete = run.complete,
                              .doubtful = test.is_doubtful,
                              .lacks_last = test.may_lack_last};
  test.outcome = outcome_of(evidence);
  test.verdict = verdict_of(evidence);
  // A test with an outcome but no attempt ran without us, whatever else its records say.
  test.bare = test.attempts.empty() && test.outcome != Outcome::not_run;

  for (const Attempt& attempt : test.attempts) {
    for (const std::string& flag : attempt.flags) add_once(test, flag);
    if (!attempt.leftovers.empty()) add_once(test, k_leaked);
  }
  test.orphaned = std::ranges::any_of(
      test.attempts, [](const Attempt& one) { return !one.orphan_markers.empty(); });
  if (is_flaky(test)) add_once(test, k_flaky);
  if (test.bare) add_once(test, k_bare);
  test.leaked = has_flag(test, k_leaked);
  test.flaky = has_flag(test, k_flaky);
  test.stale = has_flag(test, k_stale);
}

// By ctest's number; tests without one come last, in the order they have. The tests are swapped in
// place: std::stable_sort() would take as much memory again.
void sort_by_number(std::vector<TestReport>& tests) {
  std::vector<std::size_t> order(tests.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto number = [&](std::size_t i) {
    return tests[i].index.value_or(std::numeric_limits<std::int64_t>::max());
  };
  std::ranges::stable_sort(order, {}, number);
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::size_t at = i;
    while (order[at] != i) {
      const std::size_t from = std::exchange(order[at], at);
      std::swap(tests[at], tests[from]);
      at = from;
    }
    order[at] = at;
  }
}

// Collects records into tests, in one pass.
class Collector {
 public:
  void add(Record&& record) {
    // The word for ctest's log says of no time that something happened then.
    if (!std::holds_alternative<LogWordRecord>(record))
      std::visit([&](const auto& one) { last_ = std::max(last_, one.at); }, record);
    std::visit(*this, std::move(record));
  }

  void operator()(RunStarted&& record) {
    run_.id = std::move(record.run);
    run_.tree = std::move(record.tree);
    run_.version = std::move(record.version);
    run_.jobs = jobs_of(record.command, record.environment);
    run_.command = std::move(record.command);
    run_.inside = std::move(record.inside);
    run_.log = std::move(record.log);
    if (record.at > 0) run_.started = record.at;
  }

  void operator()(AttemptStarted&& record) {
    Attempt& attempt = attempt_of(record.test, record.key, record.attempt, record.n);
    if (record.at > 0) attempt.started = record.at;
    attempt.locks = std::move(record.locks);
    if (!record.schedule.empty())
      test_of(record.test, record.key).schedule = std::move(record.schedule);
    if (record.n > 1) further_.insert(record.attempt);
  }

  void operator()(AttemptEnded&& record) {
    Attempt& attempt = attempt_of(record.test, record.key, record.attempt, record.n);
    if (record.at > 0) attempt.ended = record.at;
    // The test has them already, and a large run has many.
    record.test = {};
    record.key = {};
    static_cast<AttemptEnded&>(attempt) = std::move(record);
    attempt.has_ended = true;
  }

  void operator()(const Bare& record) {
    TestReport& test = test_of(record.test, record.key);
    test.bare = true;
    ++test.executions;
    test.may_be_skipped = test.may_be_skipped || record.may_be_skipped;
    test.why = record.why;
  }

  void operator()(const Stale& record) {
    TestReport& test = test_of(record.test, record.key);
    add_once(test, k_stale);
    test.stale_why = record.why;
  }

  void operator()(VerdictRecord&& record) { verdicts_.push_back(std::move(record)); }

  // The cases of the test's last attempt that had any, each once, in the order in which they first
  // came. A retry runs only the cases that went wrong before. The others stay as they were.
  void operator()(const CasesRecord& record) {
    const std::size_t place = place_of(record.test, record.key);
    Batch& batch = batches_[place];
    std::vector<Case>& cases = tests_[place].cases;
    if (batch.attempt != record.attempt && further_.count(record.attempt) == 0) {
      batch.places.clear();
      cases.clear();
    }
    batch.attempt = record.attempt;
    for (const CaseRecord& one : record.cases) {
      const auto [known, is_new] = batch.places.try_emplace(one.name, cases.size());
      if (is_new) cases.emplace_back();
      cases[known->second] = {one, record.worker};
    }
  }

  void operator()(const ServiceRecord& record) { services_.add(record); }
  void operator()(PlannedRecord&& record) {
    if (record.shard.empty()) return;
    division_.fingerprint = std::move(record.fingerprint);
    if (record.is_own) division_.shard = record.shard;
    std::vector<std::string>& tests = division_.tests[record.shard];
    std::move(record.tests.begin(), record.tests.end(), std::back_inserter(tests));
  }
  void operator()(SourcesRecord&& record) { sources_ = std::move(record); }
  // With the word, ctest's command tells where ctest has read the test.
  void operator()(const LogWordRecord&) { run_.has_keys = true; }
  void operator()(const StepRecord&) {}  // a record of the build journal (report/services.hpp)

  void operator()(const RunEnded& record) {
    if (run_.id.empty()) run_.id = record.run;
    // Both `holdfast end` and the keeper may write this record. Either knows what it says.
    const std::int64_t unrecorded = std::max(run_.unrecorded, record.unrecorded);
    const RunEnded nothing{};
    FieldsOf<RunEnded>::each([&](auto, auto member, When) {
      if (is_said(record.*member, nothing.*member)) run_.*member = record.*member;
    });
    run_.unrecorded = unrecorded;
  }

  SourcesRecord take_sources() { return std::move(sources_); }

  RunReport finish(RunState state) && {
    RunReport report;
    if (last_ > 0) run_.ended = last_;  // so it is known if the start is
    report.run = std::move(run_);
    report.division = std::move(division_);
    report.services = services_.take(report.run, state);
    for (TestReport& test : tests_) {
      for (Attempt& one : test.attempts) one.service_outputs = services_.take_outputs(one.attempt);
    }
    report.tests = std::move(tests_);
    batches_.clear();
    place_.clear();  // assign_verdicts() takes as much again
    assign_verdicts(report.tests, std::move(verdicts_));
    return report;
  }

 private:
  TestReport& test_of(const std::string& name, const std::string& key) {
    return tests_[place_of(name, key)];
  }

  std::size_t place_of(const std::string& name, const std::string& key) {
    const auto [known, is_new] = place_.try_emplace({name, key}, tests_.size());
    if (is_new) {
      TestReport& test = tests_.emplace_back();
      test.name = name;
      test.key = key;
    }
    return known->second;
  }

  // The records of an attempt's start and end have the same id and n. Whichever is read first makes
  // the attempt. A test has few attempts, so a search is enough; the latest is the likeliest.
  Attempt& attempt_of(const std::string& name, const std::string& key, const std::string& id,
                      std::int64_t n) {
    TestReport& test = test_of(name, key);
    for (std::size_t i = test.attempts.size(); i-- > 0;) {
      if (test.attempts[i].attempt == id && test.attempts[i].n == n) return test.attempts[i];
    }
    if (n == 1) ++test.executions;
    Attempt& attempt = test.attempts.emplace_back();
    attempt.attempt = id;
    attempt.n = n;
    return attempt;
  }

  struct Batch {
    std::string attempt;                                  // the last whose cases were recorded
    std::unordered_map<std::string, std::size_t> places;  // of its cases, by their names
  };

  RunInfo run_;
  RunDivision division_;
  std::map<std::size_t, Batch> batches_;  // by the place of the test
  CollectedServices services_;
  std::set<std::string> further_;  // retries (n > 1): n is 1 whenever ctest starts the test
  double last_ = 0;
  std::vector<TestReport> tests_;
  std::map<std::pair<std::string, std::string>, std::size_t> place_;
  std::deque<VerdictRecord> verdicts_;
  SourcesRecord sources_;
};

// The times of records are whole milliseconds.
constexpr double k_of_records_s = 0.001;

// Whether it is known when each test of the run ran.
bool knows_all_times(const RunReport& report) {
  const auto ran_unseen = [](const TestReport& test) { return test.bare || test.is_doubtful; };
  return report.run.unrecorded == 0 && report.run.has_log &&
         std::ranges::none_of(report.tests, ran_unseen);
}

// Whether an attempt of the test may have run at some time between the two.
bool ran_between(const TestReport& test, double from, double to) {
  return std::ranges::any_of(test.attempts, [&](const Attempt& attempt) {
    const bool has_begun = !attempt.started || *attempt.started <= to;
    return has_begun && (!attempt.ended || *attempt.ended + k_of_records_s >= from);
  });
}

}  // namespace

Result<RunReport> report_of(const ReadRecords& read, RunState state) {
  Collector collector;
  HOLDFAST_TRY(const JournalFlaws flaws,
               read([&](Record&& record) { collector.add(std::move(record)); }));
  const SourcesRecord sources = collector.take_sources();
  RunReport report = std::move(collector).finish(state);
  for (TestReport& test : report.tests) conclude(test, state, report.run);
  sort_by_number(report.tests);
  report.changed_sources = changed_sources(sources, report);
  report.more_changed_sources = sources.more;
  report.counts = count(report.tests);
  static_cast<JournalFlaws&>(report) = flaws;
  return report;
}

std::vector<ChangedSource> changed_sources(const SourcesRecord& record, const RunReport& report) {
  const bool is_known = knows_all_times(report);
  std::vector<ChangedSource> sources;
  for (const WrittenFile& file : record.changed) {
    ChangedSource& source = sources.emplace_back();
    source.file = file.file;
    source.is_removed = file.is_removed;
    if (!file.written) continue;
    for (const TestReport& test : report.tests) {
      if (ran_between(test, *file.written, *file.written + record.resolution_s)) {
        source.tests.push_back(test.name);
      }
    }
    source.was_alone = is_known && source.tests.size() == 1;
  }
  return sources;
}

Counts count(const std::vector<TestReport>& tests) {
  Counts counts;
  for (const TestReport& test : tests) {
    ++counts.planned;
    counts.add(test.outcome);
    if (test.outcome != Outcome::not_run) ++counts.run;
    if (!test.attempts.empty()) ++counts.through;
    if (test.bare) ++counts.bare;
    if (test.flaky) ++counts.flaky;
    if (test.leaked) ++counts.leaked;
    if (test.orphaned) ++counts.orphaned;
    if (test.stale) ++counts.stale;
    counts.cases += test.cases.size();
    for (const Case& one : test.cases) counts.of_cases.add(one.outcome);
  }
  return counts;
}

}  // namespace holdfast
