// The records of a journal as types; docs/reference/journal.md is the contract. A field that the
// record lacks is an empty optional, string or list. Every field may be absent unless it is marked
// as required. The records that launchers write are in store/launcher_records.hpp.
#pragma once

#include "core/base/process_name.hpp"
#include "core/outcome/outcome.hpp"
#include "store/launcher_records.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast {

struct RunStarted {
  double at = 0;    // seconds since 1970 UTC, as everywhere below
  std::string run;  // required
  std::string tree;
  std::string boot;
  std::string version;
  ProcessName ctest;
  std::vector<std::string> command;
  std::string inside = {};     // the run, of any tree, whose test started ctest; empty: none
  std::string program = {};    // path of ctest's program
  std::string directory = {};  // in which ctest looks for its tests
  // `NAME=VALUE` for each variable of ctest that decides what its tests do
  // (core/ctest/shown_tests.hpp).
  std::vector<std::string> environment = {};
  std::string log = {};  // the level of the run's log; empty: it has none
};

// The program of an attempt, or an input, has changed since the run first saw it.
struct Stale {
  double at = 0;
  std::string attempt;
  std::string test;  // required
  std::string key;
  std::string program;
  std::string why;
};

// Where ctest's log has a test's output.
struct OutputPlace {
  std::string log;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct VerdictRecord {
  double at = 0;
  std::string test;                   // required
  Verdict verdict = Verdict::failed;  // required
  std::string key = {};  // as in the test's other records; empty: ctest did not start our launcher
  std::int64_t nth = 1;  // which of the tests of its name that ctest has read it is
  // What the last attempt ran: the same digits for the same program and inputs. Empty: not known.
  std::string program = {};
  std::optional<std::int64_t> index;  // ctest's number of the test
  std::optional<OutputPlace> output;
  std::optional<bool> ran;  // whether ctest started the test at all
  bool launched = false;    // ctest started our launcher for it
  // How many entries ctest's log has, or seems to have, of the test (--repeat). The verdict is that
  // of the last one. If ctest has not started the test that often, a test has printed one of them.
  std::optional<std::int64_t> times;
  // ctest's number of the test whose entry follows. Only if that test has several entries: if one
  // of them is printed, this entry may be cut short.
  std::optional<std::int64_t> before = {};
  bool doubtful = false;  // the log may be read in another way, too
  // Whatever the log may say: the verdict is that of ctest's lists of failed and skipped tests.
  bool listed = false;
  // What the earlier executions (--repeat) printed, in their order, at most 100 of them. Fields
  // `earlier_log`, and `earlier` with two numbers for each. Length 0: nothing, or it passed.
  std::vector<OutputPlace> earlier = {};
  bool or_skipped = false;  // passed, or skipped by its exit code: ctest's log cannot tell
  std::string note;         // why ctest did not start the test
};

// One case of a batch (docs/reference/batches.md).
struct CaseRecord {
  std::string name;                // required; field `case`
  std::optional<Outcome> outcome;  // empty: not run, or a name this version does not know
  bool not_run = false;
  std::optional<int> exit_code;
  std::optional<int> signal;
  double wall_s = 0;
  std::optional<OutputPlace> output;
  std::string note;
};

// Cases of one attempt. When one case has two records in an attempt, the later one counts.
struct CasesRecord {
  double at = 0;
  std::string attempt;
  std::string test;  // required
  std::string key;
  std::int64_t worker = 0;  // from 1; 0: the cases were not run
  std::vector<CaseRecord> cases;
};

// A generation of one instance of a service was started, got ready or was lost, or a test that was
// red had used it.
struct ServiceRecord {
  double at = 0;
  std::string event;    // required: `started`, `ready`, `died`, `red_use`
  std::string service;  // required
  std::int64_t instance = 0;
  std::int64_t generation = 0;
  std::string attempt = {};  // with `started`: the id by which its processes are found
  ProcessName host = {};     // with `started`: the process that looks after it
  std::string log = {};
  std::string why = {};  // with `died`
  // With `died`: the tests that may have done it. One alone did it. With `red_use`: the red test.
  std::vector<std::string> users = {};
  std::string user = {};  // with `red_use`: the id of the test's attempt
  // With `red_use`: which part of its output came meanwhile, in bytes. Without an end, the part
  // goes on to the end. If the output is too long, `log_head` bytes of it stand at the begin of the
  // file.
  std::optional<std::int64_t> log_from = {};
  std::optional<std::int64_t> log_to = {};
  std::int64_t log_head = 0;
};

// The word by which ctest's log shows the entries of this run (store/ctest_log_entries.hpp).
struct LogWordRecord {
  double at = 0;
  std::string word;  // required
  // Field `company`: other runs may be at work in the tree, and write what ctest leaves beside its
  // log.
  bool has_company = false;
};

// Tests that the run was to run, by the choice of `holdfast ctest`; or, of a shard, those of one of
// all the shards.
struct PlannedRecord {
  double at = 0;
  std::string shard = {};        // `2/4`; empty: the tests were not divided
  std::string fingerprint = {};  // of the division (core/select/clusters.hpp)
  bool is_own = false;           // field `own`; false: the tests are those of another shard
  std::vector<std::string> tests = {};
  // Field `keys`: of these tests, in the same order. Only if several tests have one name.
  std::vector<std::string> keys = {};
};

// A file under git's control whose content changed while tests ran.
struct WrittenFile {
  std::string file;  // required; from the project's top source directory
  bool is_removed = false;
  std::optional<double> written = {};  // when it was written last; empty: it is gone
};

// All such files of a run.
struct SourcesRecord {
  double at = 0;
  double resolution_s = 0;  // `written` may be so much earlier than it was
  std::vector<WrittenFile> changed;
  std::int64_t more = 0;  // files that are not told by name: 0 to a thousand million
};

struct RunEnded {
  double at = 0;
  std::string run;
  bool complete = false;
  std::string retries = {};     // which tests were tried again and which were not, in words
  std::int64_t unrecorded = 0;  // tests that had an attempt but have no record
  bool has_log = true;          // field `log`; false: more tests may have run than are on record
  // The keeper was killed, at this time or later; 0: it was not. Attempts that began without it
  // have ids that do not begin with the run's.
  double keeper_until = 0;
  std::vector<std::string> address_in_use = {};  // tests that failed with these words
  std::vector<std::string> ran_nothing = {};     // passed tests that printed that they ran nothing
};

using Record = std::variant<RunStarted, AttemptStarted, AttemptEnded, Bare, VerdictRecord, RunEnded,
                            CasesRecord, Stale, StepRecord, ServiceRecord, PlannedRecord,
                            SourcesRecord, LogWordRecord>;

}  // namespace holdfast
