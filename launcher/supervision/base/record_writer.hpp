// Writes the records of core/base/launcher_records.def. A record borrows its texts and lists.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/process_name.hpp"
#include "core/ctest/test_order.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/outcome/marker.hpp"
#include "core/outcome/outcome.hpp"
#include "supervision/base/guard_messages.hpp"

namespace holdfast::supervision::written {

// The kinds of fields. Each type is written in one way.
using Text = std::string_view;
using Texts = std::span<const std::string_view>;
using Locks = std::span<const LockSpec>;
using Number = std::int64_t;
using Measured = std::int64_t;
using Code = std::optional<int>;
using Seconds = std::chrono::microseconds;
using Truth = bool;
using Outcome = holdfast::Outcome;
using Verdict = std::string_view;
using Process = ProcessName;
using Leftovers = std::span<const ListedProcess>;
using Marker = std::optional<std::string_view>;
using Orphans = std::span<const OrphanMarker>;
struct Findings {
  std::string_view json;  // an object
  friend bool operator==(const Findings&, const Findings&) = default;
};

struct Schedule {
  const TestSchedule* of = nullptr;
  bool empty() const { return of == nullptr || of->empty(); }
};

#define HOLDFAST_MEMBER(name, Kind, when, absent) Kind name = absent;
struct AttemptStarted {
#define HOLDFAST_ATTEMPT_STARTED HOLDFAST_MEMBER
#include "core/base/launcher_records.def"
};
struct AttemptEnded {
#define HOLDFAST_ATTEMPT_ENDED HOLDFAST_MEMBER
#include "core/base/launcher_records.def"
};
struct Bare {
#define HOLDFAST_BARE HOLDFAST_MEMBER
#include "core/base/launcher_records.def"
};
struct StepRecord {
#define HOLDFAST_STEP HOLDFAST_MEMBER
#include "core/base/launcher_records.def"
};
#undef HOLDFAST_MEMBER

// Return the whole line, newline included. `unix_ms`: when the line is written, in milliseconds
// since 1970.
std::string line_of(const AttemptStarted& record, std::int64_t unix_ms);
std::string line_of(const AttemptEnded& record, std::int64_t unix_ms);
std::string line_of(const Bare& record, std::int64_t unix_ms);
std::string line_of(const StepRecord& record, std::int64_t unix_ms);

}  // namespace holdfast::supervision::written
