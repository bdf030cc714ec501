// The records of a journal as types; docs/reference/journal.md is the contract, and the fields are
// rows of journal/records.def. A field that the record lacks is an empty optional, string or
// list. Without some of them there is no record, as lack_of() in journal/journal_reader.cpp says.
// Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/process_name.hpp"
#include "base/text.hpp"
#include "values/fields.hpp"
#include "values/marker.hpp"
#include "values/outcome.hpp"
#include "values/test_order.hpp"

namespace holdfast {

// ctest's verdict on a test. A journal has its name. `unknown`: ctest judges the test by its
// output, and it is not known what ctest found there.
enum class Verdict : std::uint8_t { passed, failed, skipped, disabled, unknown };

constexpr auto words_of(Verdict) {
  return word_list("passed", "failed", "skipped", "disabled", "unknown");
}

struct Leftover {
  std::int64_t pid = 0;
  std::string name;

  friend bool operator==(const Leftover&, const Leftover&) = default;
};

void each_field(wire::Any<Leftover> auto& leftover, auto&& use) {
  use("pid", leftover.pid);
  use("name", leftover.name);
}

void each_field(wire::Any<OrphanMarker> auto& orphan, auto&& use) {
  use("file", orphan.file);
  use("why", orphan.why);
}

void each_field(wire::Any<TestSchedule> auto& schedule, auto&& use) {
  const TestSchedule nothing;
  use("depends", schedule.depends, nothing.depends);
  use("setup", schedule.setup, nothing.setup);
  use("required", schedule.required, nothing.required);
  use("cleanup", schedule.cleanup, nothing.cleanup);
  use("serial", schedule.serial, nothing.serial);
  use("processors", schedule.processors, nothing.processors);
}

// What one probe saw after the test had failed for good.
struct Finding {
  std::string probe;    // `program`, `git`, …
  bool failed = false;  // `text` then says why there is nothing to see
  std::string text;

  friend bool operator==(const Finding&, const Finding&) = default;
};

// Where ctest's log has a test's output.
struct OutputPlace {
  std::string log;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  friend bool operator==(const OutputPlace&, const OutputPlace&) = default;
};

// One case of a batch (docs/reference/batches.md).
struct CaseRecord {
  std::string name;                    // required; field `case`
  Outcome outcome = Outcome::unknown;  // also for a name that this version does not know
  std::optional<int> exit_code = {};
  std::optional<int> signal = {};
  double wall_s = 0;
  std::optional<OutputPlace> output = {};
  std::string note = {};
};

// A file under git's control whose content changed while tests ran.
struct WrittenFile {
  std::string file;  // required; from the project's top source directory
  bool is_removed = false;
  std::optional<double> written = {};  // when it was written last; empty: it is gone

  friend bool operator==(const WrittenFile&, const WrittenFile&) = default;
};

void each_field(wire::Any<WrittenFile> auto& file, auto&& use) {
  const WrittenFile nothing;
  use("file", file.file);
  use("written", file.written, nothing.written);
  use("removed", file.is_removed, nothing.is_removed);
}

// The kinds of fields.
namespace kinds {
using Text = std::string;
using Texts = std::vector<std::string>;
using Number = std::int64_t;
using Measured = std::optional<std::int64_t>;
using Code = std::optional<int>;
using Seconds = double;
using Truth = bool;
using KnownTruth = std::optional<bool>;
using Outcome = std::optional<holdfast::Outcome>;  // empty: absent, or not known to this version
using Verdict = std::optional<holdfast::Verdict>;
using Judgement = holdfast::Verdict;
using Process = ProcessName;
using Leftovers = std::vector<Leftover>;
using Marker = std::optional<std::string>;
using Orphans = std::vector<OrphanMarker>;
using Findings = std::vector<Finding>;
using Schedule = TestSchedule;
using Place = std::optional<OutputPlace>;
using Places = std::vector<OutputPlace>;
using Cases = std::vector<CaseRecord>;
using Files = std::vector<WrittenFile>;
}  // namespace kinds

// When a field of a record is written.
enum class When : std::uint8_t {
  always,
  if_said,  // not if it has the value for `absent`
  shown,    // likewise, but `--format json` always has it
  whose,    // always; it tells whose record it is, and `--format json` has that in another place
};

// The records. `at` is in seconds since 1970 UTC, as all times in them.
#define HOLDFAST_RECORD(Record, type)                \
  struct Record {                                    \
    static constexpr std::string_view k_type = type; \
    double at = 0;
#define HOLDFAST_FIELD(member, name, Kind, when, absent) kinds::Kind member = absent;
#define HOLDFAST_END }
#include "journal/records.def"

// Calls use(name, member, when) for each field of a record; `member` is the pointer to it.
template <typename Record>
struct FieldsOf;
#define HOLDFAST_RECORD(Type, type) \
  template <>                       \
  struct FieldsOf<Type> {           \
    using Record = Type;            \
    static void each(auto&& use) {
#define HOLDFAST_FIELD(member, name, Kind, when, absent) use(name, &Record::member, When::when);
#define HOLDFAST_END \
  }                  \
  }
#include "journal/records.def"

// Whether a field has another value than `absent`, which a record without the field has.
template <typename T>
bool is_said(const T& value, const T& absent) {
  if constexpr (requires { value.empty(); }) {
    return !value.empty();
  } else if constexpr (requires { value.has_value(); }) {
    return value.has_value();
  } else {
    return value != absent;
  }
}

using Record = std::variant<RunStarted, AttemptStarted, AttemptEnded, Bare, VerdictRecord, RunEnded,
                            CasesRecord, Stale, StepRecord, ServiceRecord, PlannedRecord,
                            SourcesRecord, LogWordRecord>;

// Makes the lines of a journal. (Their reader is journal/journal_reader.) Every process of ours
// writes records, so this uses our own writer of JSON: one line per test is written while ctest
// waits, and to build JSON objects would take ten times as long. Pure.

// A complete line, newline included, for one write(2) to a descriptor opened with O_APPEND. Bytes
// that are not UTF-8 are replaced. For each type of record but CasesRecord, which is written case
// by case (batches/batch_report).
template <typename Record>
std::string line_of(const Record& record);

// For `at`, and for other fields in seconds.
inline double in_seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

}  // namespace holdfast
