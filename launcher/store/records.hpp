// The records of a journal as types; docs/reference/journal.md is the contract. A field that the
// record lacks is an empty optional, string or list. Every field may be absent unless it is marked
// as required.
#pragma once

#include "core/outcome/marker.hpp"
#include "core/outcome/outcome.hpp"
#include "store/verdict.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast {

// Tells a process from a later one with the same number. `start` is in clock ticks since boot, and
// 0 when unknown.
struct ProcessStamp {
  std::int64_t pid = 0;
  std::uint64_t start = 0;
};

struct RunStarted {
  double at = 0;    // seconds since 1970 UTC, as everywhere below
  std::string run;  // required
  std::string tree;
  std::string boot;
  std::string version;
  ProcessStamp ctest;
  std::vector<std::string> command;
  std::string inside = {};  // the run, of any tree, whose test started ctest; empty: none
};

struct AttemptStarted {
  double at = 0;
  std::string attempt;
  std::string test;  // required
  std::string key;
  std::int64_t n = 1;
  ProcessStamp launcher;
  std::vector<std::string> locks;
};

struct Leftover {
  std::int64_t pid = 0;
  std::string name;
};

// What one probe saw after the test had failed for good.
struct Finding {
  std::string probe;    // `program`, `git`, …
  bool failed = false;  // `text` then says why there is nothing to see
  std::string text;
};

struct AttemptEnded {
  double at = 0;
  std::string attempt;
  std::string test;  // required
  std::string key;
  std::int64_t n = 1;
  std::optional<Outcome> outcome;  // empty: absent, or a name this version does not know
  std::optional<int> exit_code;
  std::optional<int> signal;
  double wall_s = 0;
  double user_s = 0;
  double sys_s = 0;
  std::int64_t max_rss_kb = 0;
  std::optional<std::int64_t> memory_peak_kb;
  double lock_wait_s = 0;
  std::vector<std::string> flags;
  std::vector<Leftover> leftovers;
  std::optional<std::string> marker;  // the reason in the main process's marker
  std::vector<OrphanMarker> orphan_markers;
  std::string note;
  std::optional<Verdict> verdict = {};  // what ctest was expected to say; unknown: it depends
  std::string scratch = {};             // its directory, if that was kept
  std::string retry = {};               // whether it was tried again, and why
  std::string log = {};                 // the file with its output
  std::vector<Finding> findings = {};   // field `forensics`: what the probes saw
};

// The program of an attempt is not the one that the run knew first.
struct Stale {
  double at = 0;
  std::string attempt;
  std::string test;  // required
  std::string key;
  std::string program;
  std::string why;
};

// A test that the launcher runs without Holdfast.
struct Bare {
  double at = 0;
  std::string test;  // required
  std::string key;
  std::string why;
  bool may_be_skipped = false;  // it has a SKIP_RETURN_CODE
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
  std::optional<std::int64_t> index;  // ctest's number of the test
  std::optional<OutputPlace> output;
  std::optional<bool> ran;  // whether ctest started it at all
  bool launched = false;    // ctest started our launcher for it
  // How often ctest ran it (--repeat). The verdict is that of the last time.
  std::optional<std::int64_t> times;
  bool or_skipped = false;  // passed, or skipped by its exit code: ctest's log cannot tell
  std::string note;         // why ctest did not start it
};

// One case of a batch (docs/guide/batches.md).
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
  std::int64_t worker = 0;  // from 1; 0: they were not run
  std::vector<CaseRecord> cases;
};

struct RunEnded {
  double at = 0;
  std::string run;
  bool complete = false;
  std::string retries = {};     // what was tried again and what was not, in words
  std::int64_t unrecorded = 0;  // tests that had an attempt but have no record
  bool has_log = true;          // field `log`; false: more tests may have run than are on record
};

// One command of a build, in the build journal (docs/reference/journal.md).
struct StepRecord {
  double at = 0;     // when it ended
  std::string kind;  // required
  std::string target;
  std::string output;
  std::string program;
  std::string language;
  std::optional<Outcome> outcome;
  std::optional<int> exit_code;
  std::optional<int> signal;
  double wall_s = 0;
  double user_s = 0;
  double sys_s = 0;
  std::int64_t max_rss_kb = 0;
  double slot_wait_s = 0;
  std::int64_t attempts = 1;
  std::string note;
};

using Record = std::variant<RunStarted, AttemptStarted, AttemptEnded, Bare, VerdictRecord, RunEnded,
                            CasesRecord, Stale, StepRecord>;

}  // namespace holdfast
