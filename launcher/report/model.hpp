// A run as reports show it.
//
// Renderers (text, JSON, JUnit, summary) take a RunReport, and outputs from report/load.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "values/outcome.hpp"
#include "values/test_order.hpp"

namespace holdfast {

// What a report says about a test: one outcome from Holdfast's last attempt and ctest's verdict.

// What is known of a test when its outcome is decided.
struct TestEvidence {
  bool attempted = false;               // an attempt was started
  bool ended = false;                   // the last attempt has ended
  std::optional<Outcome> outcome = {};  // of the last attempt; empty: unknown to this version
  bool ran = false;                     // it is known to have run without Holdfast
  std::optional<Verdict> verdict = {};  // ctest's last verdict on the test, from its log
  // ctest's verdict on the last attempt, as its launcher foresaw it. Empty: the attempt's end tells
  // the verdict.
  std::optional<Verdict> expected = {};
  bool running = false;   // the last attempt goes on
  bool complete = false;  // ctest came to the end of the run, so all that it started has ended
  bool doubtful = false;  // what the log says of the test may be of another, or cut short
  // The log has a later execution, or a test has printed one. `outcome` may be of one before.
  bool lacks_last = false;
};

// ctest's verdict on a test: from what we know (the test's end, WILL_FAIL, SKIP_RETURN_CODE) if
// that decides, else from ctest's own words. It is `unknown` when the test's output decides and
// ctest has not told. There is none when the test was interrupted or its end is not on record.
std::optional<Verdict> verdict_of(const TestEvidence& evidence);

// Follows the table in docs/reference/report-formats.md. ctest judges what exit code and output
// mean (WILL_FAIL, regular expressions, skip codes). Holdfast judges how the process ended: a
// signal, a timeout or our own failure stays the outcome, whatever ctest's expressions say.
Outcome outcome_of(const TestEvidence& evidence);

// The numbers of a run.
//
// Each test is in exactly one of by_outcome, so these numbers add up to planned. Flaky, leaked and
// bare tests and those with orphan markers are counted a second time by that name. A test that
// reported a failure and exited on purpose counts as failed.
struct OutcomeCounts {
  std::array<std::size_t, k_outcomes> by_outcome{};

  void add(Outcome outcome) { ++by_outcome.at(static_cast<std::size_t>(outcome)); }
  std::size_t of(Outcome outcome) const { return by_outcome.at(static_cast<std::size_t>(outcome)); }
  std::size_t failed() const { return of(Outcome::failed) + of(Outcome::deliberate_exit); }
  // The number in the row of this outcome. Tests that exited on purpose are among the failed.
  std::size_t shown(Outcome outcome) const {
    return outcome == Outcome::failed ? failed() : of(outcome);
  }
};

struct Counts : OutcomeCounts {
  std::size_t planned = 0;  // every test that ctest selected, as far as the journal knows
  std::size_t run = 0;      // planned, without not_run
  std::size_t through = 0;  // those of `run` that ran through Holdfast
  std::size_t bare = 0;     // those of `run` that did not; run == through + bare
  std::size_t flaky = 0;
  std::size_t leaked = 0;
  std::size_t stale = 0;     // their programs changed during the run
  std::size_t orphaned = 0;  // they found markers that were not their own
  std::size_t cases = 0;     // of batches
  OutcomeCounts of_cases;
};

// What one generation of a service printed while a red attempt used it.
struct ServiceOutput {
  std::string name;
  std::int64_t instance = 0;
  std::int64_t generation = 0;
  std::string log;         // path of the file with all its output
  std::uint64_t head = 0;  // how much of the beginning is kept if the output is too long
  std::uint64_t from = 0;
  std::optional<std::uint64_t> to = {};  // none: to the end
  std::size_t shard = 0;                 // an index in RunReport::shards
};

// An attempt with the record of its end, whose fields have their defaults until it has ended. `n`
// counts from 1 over all executions of the test in this run (--repeat, retries). Only the test has
// its name and key.
struct Attempt : AttemptEnded {
  bool has_ended = false;
  bool is_running = false;        // the end is still to come
  std::optional<double> started;  // seconds since 1970; empty: that record is lost
  std::optional<double> ended;
  std::vector<std::string> locks;
  std::vector<ServiceOutput> service_outputs;
  // Where ctest's log has what the attempt printed. Only for one before the last, and if ctest
  // itself repeated the test. Then `test` is the test's name. One place or none: a large run has
  // many attempts, and an empty vector is small.
  std::vector<OutputPlace> printed;
  std::size_t shard = 0;  // an index in RunReport::shards
};

// Without an outcome: an attempt that has no end and will have none was interrupted. An outcome of
// a newer version is not known.
inline Outcome outcome_of(const Attempt& attempt) {
  const bool is_lost = !attempt.has_ended && !attempt.is_running;
  return attempt.outcome.value_or(is_lost ? Outcome::interrupted : Outcome::unknown);
}

// One case inside a test (a GoogleTest case of a batch), as its record has it.
struct Case : CaseRecord {
  std::int64_t worker = 0;  // from 1; 0: none
  std::size_t shard = 0;    // an index in RunReport::shards
};

struct TestReport {
  std::string name;
  std::string key;                    // empty when ctest has not told it to Holdfast
  std::int64_t nth = 1;               // which of the tests of its name that ctest has read it is
  std::string program;                // as in its VerdictRecord
  std::optional<std::int64_t> index;  // ctest's number
  Outcome outcome = Outcome::unknown;
  std::optional<Verdict> verdict;  // ctest's, or what it must have been (verdict_of())
  bool flaky = false;
  bool leaked = false;
  bool stale = false;           // its program changed during the run
  bool orphaned = false;        // an attempt found markers that were not its own
  bool bare = false;            // it ran, but not through Holdfast
  bool may_be_skipped = false;  // for a bare test: it has a SKIP_RETURN_CODE
  // ctest's log may be read in another way: a test may have printed a part.
  bool is_doubtful = false;
  bool came_twice = false;  // its entry in ctest's log, or more often than ctest started it
  // ctest's log has more executions than are on record: the last left no record, or a test has
  // printed one.
  bool may_lack_last = false;
  std::string stale_why;           // how the program changed
  std::string why;                 // why it did not run, or ran bare; may be empty
  std::vector<std::string> flags;  // flaky, leaked, bare, and the flags of the attempts
  TestSchedule schedule;
  std::vector<Attempt> attempts;
  std::int64_t executions = 0;  // how often ctest started it; the launcher's retries do not count
  std::vector<Case> cases;      // the cases of the last attempt that has any
  std::string part_of;          // the test whose case this is (as_test()); empty: this is a test
  std::optional<OutputPlace> output_place;
  std::size_t shard = 0;   // an index in RunReport::shards
  std::string shard_name;  // empty: the report is of one run
};

// One with nothing in it if there is none.
const Attempt& last_attempt(const TestReport& test);

// A run with what the records of its end say; they have their defaults until there is one.
struct RunInfo : RunEnded {
  std::string id;
  std::string tree;
  std::string version;
  std::vector<std::string> command;
  std::string inside;               // the run whose test started ctest; empty: none
  std::string log;                  // the level of its log; empty: it has none
  bool has_keys = false;            // false: older versions made other keys of tests
  std::optional<std::size_t> jobs;  // ctest's -j; empty: not known
  std::optional<double> started;    // seconds since 1970
  std::optional<double> ended;      // if the run is incomplete: the time of the last record
};

// A generation that was lost, and the tests that may have done it. If there is only one such test,
// that test did it.
struct ServiceDeath {
  std::int64_t generation = 0;
  std::vector<std::string> users;
  double at = 0;  // seconds since 1970
};

struct ServiceGeneration {
  std::int64_t number = 0;
  double started = 0;
  std::optional<double> ready = {};
  std::optional<double> ended = {};
};

// One instance of a service (report/services.hpp).
struct ServiceReport {
  std::string name;
  std::int64_t instance = 0;
  std::int64_t generation = 0;         // the last one
  std::optional<double> started = {};  // the first generation
  std::optional<double> ended = {};    // the last one
  // `ended` with the run, `died`, `unavailable` (it never got ready); in a run that is going on
  // also `started` and `ready`.
  std::string outcome = {};
  std::vector<ServiceDeath> deaths = {};
  std::vector<ServiceGeneration> generations = {};  // those whose start is on record, in order
  std::size_t shard = 0;                            // an index in RunReport::shards
  std::string shard_name = {};                      // empty: the report is of one run
};

// One of the runs of a merged report (report/bundle/merge.hpp): what one CI job ran of a suite.
struct Shard {
  std::string name;  // that of its bundle
  RunInfo run;
  std::size_t steps = 0;  // how many of RunReport::steps are its own
  std::string part = {};  // its part of a division: `2/4`; empty: there is no division
};

// How the run's tests were divided into shards (`holdfast shard`).
struct RunDivision {
  std::string shard;        // the run's own: `2/4`; empty in a merged report
  std::string fingerprint;  // empty: the tests were not divided
  // The names of the tests of each shard. Setups and cleanups of fixtures may be in several shards.
  std::map<std::string, std::vector<std::string>> tests;
};

// A file under git's control that changed while tests ran.
struct ChangedSource {
  std::string file;  // from the project's top source directory
  bool is_removed = false;
  // The tests that ran when it was written last, as far as it is known when they ran.
  std::vector<std::string> tests;
  // No other test ran then. So this test changed the file, unless somebody else did.
  bool was_alone = false;
};

// With what is wrong with its journal; in a merged report with what is wrong with all of them.
struct RunReport : JournalFlaws {
  RunInfo run;                // in a merged report: without an id; what all shards have in common
  std::vector<Shard> shards;  // empty: the report is of one run. Tests, services and steps are in
                              // the order of their shards.
  RunDivision division;       // in a merged report: that of all shards
  // In a merged report with a division: the names of the tests that no shard ran, and of those that
  // ran more often than planned.
  std::vector<std::string> missing;
  std::vector<std::string> too_often;
  Counts counts;
  std::vector<TestReport> tests;  // by ctest's number, then in the order in which they appeared
  std::vector<ServiceReport> services;  // in the order in which they were started
  std::vector<StepRecord> steps;  // of the build, in the order in which they ended (load_steps())
  std::vector<ChangedSource> changed_sources;
  std::int64_t more_changed_sources = 0;  // how many more changed
};

// The run of a test, a service or a step of this shard.
inline const RunInfo& run_of(const RunReport& report, std::size_t shard) {
  return report.shards.empty() ? report.run : report.shards.at(shard).run;
}

// In a run that is going on, a test that has begun and not ended is running.
enum class RunState : std::uint8_t { over, going_on };

// Whether the run's own outcome is no_tests: ctest came to its end and had selected no test.
inline bool selected_nothing(const RunReport& report) {
  return report.run.complete && report.run.has_log && report.run.unrecorded == 0 &&
         report.counts.planned == 0;
}

// Whether the outcome is neither good nor "not run".
inline bool is_red(Outcome outcome) { return !is_good(outcome) && outcome != Outcome::not_run; }
inline bool is_red(Grade grade) { return grade == Grade::failure || grade == Grade::error; }
inline bool went_wrong(const TestReport& test) { return is_red(test.outcome); }

// The cases of batches, shown as tests.

// Returns one case of the test as a test.
TestReport as_test(const TestReport& test, const Case& one);

// For formats that know no cases inside tests. Calls `see` with each test in turn. The cases of a
// batch take the place of the batch, each as a test. The batch stays too if it went wrong and none
// of its cases did.
void see_as_tests(std::span<const TestReport> tests,
                  const std::function<void(const TestReport&)>& see);

// How such a format sees the test. Whether a test counts as skipped may depend on ctest's verdict.
Grade grade_of(const TestReport& test);

// Whether such a format shows the test as gone wrong.
inline bool is_wrong(const TestReport& test) { return is_red(grade_of(test)); }

}  // namespace holdfast
