// The records that launchers write, as types. Their fields are in core/base/launcher_records.def.
// The kinds of fields here also serve store/keeper_records.def.
#pragma once

#include "core/base/process_name.hpp"
#include "core/base/words.hpp"
#include "core/ctest/test_order.hpp"
#include "core/outcome/marker.hpp"
#include "core/outcome/outcome.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// ctest's verdict on a test. A journal has its name. `unknown`: ctest judges the test by its
// output, and it is not known what ctest found there.
enum class Verdict : std::uint8_t { passed, failed, skipped, disabled, unknown };

constexpr std::array<std::string_view, 5> words_of(Verdict) {
  return {"passed", "failed", "skipped", "disabled", "unknown"};
}

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
using Process = ProcessName;
using Leftovers = std::vector<Leftover>;
using Marker = std::optional<std::string>;
using Orphans = std::vector<OrphanMarker>;
using Findings = std::vector<Finding>;
using Schedule = TestSchedule;
}  // namespace kinds

#define HOLDFAST_MEMBER(name, Kind, when, absent) kinds::Kind name = absent;
struct AttemptStarted {
  double at = 0;  // seconds since 1970 UTC, as everywhere below
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

}  // namespace holdfast
