// The records of a journal as types; docs/reference/journal.md is the contract. A field that the
// record lacks is an empty optional, string or list. The fields are rows of
// store/keeper_records.def; without some of them there is no record, as record_of() in
// store/json_record.hpp says. The records that launchers write are in store/launcher_records.hpp.
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

// Where ctest's log has a test's output.
struct OutputPlace {
  std::string log;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
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

// A file under git's control whose content changed while tests ran.
struct WrittenFile {
  std::string file;  // required; from the project's top source directory
  bool is_removed = false;
  std::optional<double> written = {};  // when it was written last; empty: it is gone
};

// More kinds of fields.
namespace kinds {
using KnownTruth = std::optional<bool>;
using Judgement = holdfast::Verdict;
using Place = std::optional<OutputPlace>;
using Places = std::vector<OutputPlace>;
using Cases = std::vector<CaseRecord>;
using Files = std::vector<WrittenFile>;
}  // namespace kinds

#define HOLDFAST_MEMBER(member, name, Kind, when, absent) kinds::Kind member = absent;
struct RunStarted {
  double at = 0;  // seconds since 1970 UTC, as everywhere below
#define HOLDFAST_RUN_STARTED HOLDFAST_MEMBER
#include "store/keeper_records.def"
};

// The program of an attempt, or an input, has changed since the run first saw it.
struct Stale {
  double at = 0;
#define HOLDFAST_STALE HOLDFAST_MEMBER
#include "store/keeper_records.def"
};

struct VerdictRecord {
  double at = 0;
#define HOLDFAST_VERDICT HOLDFAST_MEMBER
#include "store/keeper_records.def"
};

// Cases of one attempt. When one case has two records in an attempt, the later one counts.
struct CasesRecord {
  double at = 0;
#define HOLDFAST_CASES HOLDFAST_MEMBER
#include "store/keeper_records.def"
};

// A generation of one instance of a service was started, got ready or was lost, or a test that was
// red had used it.
struct ServiceRecord {
  double at = 0;
#define HOLDFAST_SERVICE HOLDFAST_MEMBER
#include "store/keeper_records.def"
};

// The word by which ctest's log shows the entries of this run (store/ctest_log_entries.hpp).
struct LogWordRecord {
  double at = 0;
#define HOLDFAST_LOG_WORD HOLDFAST_MEMBER
#include "store/keeper_records.def"
};

// Tests that the run was to run, by the choice of `holdfast ctest`; or, of a shard, those of one of
// all the shards.
struct PlannedRecord {
  double at = 0;
#define HOLDFAST_PLANNED HOLDFAST_MEMBER
#include "store/keeper_records.def"
};

// All such files of a run (WrittenFile).
struct SourcesRecord {
  double at = 0;
#define HOLDFAST_SOURCES HOLDFAST_MEMBER
#include "store/keeper_records.def"
};

struct RunEnded {
  double at = 0;
#define HOLDFAST_RUN_ENDED HOLDFAST_MEMBER
#include "store/keeper_records.def"
};
#undef HOLDFAST_MEMBER

using Record = std::variant<RunStarted, AttemptStarted, AttemptEnded, Bare, VerdictRecord, RunEnded,
                            CasesRecord, Stale, StepRecord, ServiceRecord, PlannedRecord,
                            SourcesRecord, LogWordRecord>;

}  // namespace holdfast
