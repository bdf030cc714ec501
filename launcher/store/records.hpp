// The records of a journal as types; docs/reference/journal.md is the contract. A field that the
// record lacks is an empty optional, string or list. Every field may be absent unless it is marked
// as required. Those that launchers write have their fields in core/base/launcher_records.def.
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

  friend bool operator==(const ProcessStamp&, const ProcessStamp&) = default;
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

struct Leftover {
  std::int64_t pid = 0;
  std::string name;

  friend bool operator==(const Leftover&, const Leftover&) = default;
};

// What one probe saw after the test had failed for good.
struct Finding {
  std::string probe;    // `program`, `git`, …
  bool failed = false;  // `text` then says why there is nothing to see
  std::string text;

  friend bool operator==(const Finding&, const Finding&) = default;
};

// The kinds of core/base/launcher_records.def.
namespace kinds {
using Text = std::string;
using Texts = std::vector<std::string>;
using Locks = std::vector<std::string>;
using Number = std::int64_t;
using Measured = std::optional<std::int64_t>;
using Code = std::optional<int>;
using Seconds = double;
using Truth = bool;
using Outcome = std::optional<holdfast::Outcome>;  // empty: absent, or not known to this version
using Verdict = std::optional<holdfast::Verdict>;
using Process = ProcessStamp;
using Leftovers = std::vector<Leftover>;
using Marker = std::optional<std::string>;
using Orphans = std::vector<OrphanMarker>;
using Findings = std::vector<Finding>;
}  // namespace kinds

#define HOLDFAST_MEMBER(name, Kind, when, absent) kinds::Kind name = absent;
struct AttemptStarted {
  double at = 0;
#define HOLDFAST_ATTEMPT_STARTED HOLDFAST_MEMBER
#include "core/base/launcher_records.def"
};

struct AttemptEnded {
  double at = 0;
#define HOLDFAST_ATTEMPT_ENDED HOLDFAST_MEMBER
#include "core/base/launcher_records.def"
};

// A test that the launcher runs without Holdfast.
struct Bare {
  double at = 0;
#define HOLDFAST_BARE HOLDFAST_MEMBER
#include "core/base/launcher_records.def"
};

// One command of a build, in the build journal; `at` is when it ended.
struct StepRecord {
  double at = 0;
#define HOLDFAST_STEP HOLDFAST_MEMBER
#include "core/base/launcher_records.def"
};
#undef HOLDFAST_MEMBER

// The program of an attempt is not the one that the run knew first.
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

using Record = std::variant<RunStarted, AttemptStarted, AttemptEnded, Bare, VerdictRecord, RunEnded,
                            CasesRecord, Stale, StepRecord>;

}  // namespace holdfast
