// One command of a build, as the build tool's rule describes it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/words.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/outcome/outcome.hpp"

namespace holdfast {

// scan: looks up which C++ modules a source makes and needs, by its compile rule (CMake 3.28).
enum class StepKind : std::uint8_t { compile, link, custom, scan };

constexpr std::array<std::string_view, 4> words_of(StepKind) {
  return {"compile", "link", "custom", "scan"};
}

// The earlier attempts of a step, summed up.
struct EarlierAttempts {
  unsigned count = 0;
  std::int64_t wall_us = 0;
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;
  std::int64_t max_rss_kb = 0;
  std::int64_t waited_ms = 0;
  std::string why;  // "was killed because memory ran out"

  friend bool operator==(const EarlierAttempts&, const EarlierAttempts&) = default;
};

struct BuildStep {
  StepKind kind = StepKind::compile;
  std::string tree = {};      // the top-level build directory, absolute
  std::string target = {};    // CMake's name; empty: not known
  std::string output = {};    // as the rule names it, relative to the step's working directory
  std::string language = {};  // CMake's name; empty: not known
  std::string program = {};   // the name of the command's program
  // The scope of the step's slots by memory (core/step/memory_slots.hpp); none: the step has no
  // such slots.
  std::optional<LockScope> memory_slots = {};
  EarlierAttempts earlier = {};

  // "link app", for people.
  std::string title() const;
};

using CommandWords = std::vector<std::string_view>;

// The file after the last `-o` of a compiler's or linker's command; empty: there is none.
std::string_view output_in(const CommandWords& command);

// The file for the modules of a source, if the command only scans: GCC with -E and -fdeps-file=, or
// clang-scan-deps with -MT. Empty: it is another command.
std::string_view scanned_into(const CommandWords& command);

// Whether the command is a target that CMake puts into every directory (test, edit_cache,
// rebuild_cache, install). The generator writes such a target as a custom command, but it is not
// the project's.
bool is_cmakes_own(const CommandWords& command);

// Whether a build step runs once more: it does if the code has not caused the failure
// (docs/reference/build-steps.md).

// Whether to look for evidence at all: a compiler or linker failed by itself, for the first time.
bool may_be_done_once_more(const BuildStep& step, const Observation& seen);

bool died_of_sigkill(const Observation& seen);

// What was found out about the failure of a step.
struct StepEvidence {
  bool out_of_memory = false;  // the kernel killed something during the step
  std::string signature;       // the signature in holdfast.toml that the output shows; empty: none
};

// Why the step runs once more: "was killed because memory ran out". Empty: it does not run again.
std::string why_once_more(const Observation& seen, const StepEvidence& evidence);

}  // namespace holdfast
