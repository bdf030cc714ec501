// One command of a build, as the build tool's rule describes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"
#include "values/lock_spec.hpp"
#include "values/outcome.hpp"

namespace holdfast {

// scan: looks up which C++ modules a source makes and needs, by its compile rule (CMake 3.28).
enum class StepKind : std::uint8_t { compile, link, custom, scan };

constexpr auto words_of(StepKind) { return word_list("compile", "link", "custom", "scan"); }

// The earlier attempts of a step, summed up.
struct EarlierAttempts {
  unsigned count = 0;
  std::int64_t wall_us = 0;
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;
  std::int64_t max_rss_kb = 0;
  std::int64_t waited_ms = 0;
  std::string why;  // "was killed because memory ran out"
};

struct BuildStep {
  StepKind kind = StepKind::compile;
  std::string tree = {};      // the top-level build directory, absolute
  std::string target = {};    // CMake's name; empty: not known
  std::string output = {};    // as the rule names it, relative to the step's working directory
  std::string language = {};  // CMake's name; empty: not known
  std::string program = {};   // the name of the command's program
  // The scope of the step's slots by memory; none: the step has no such slots.
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

// What was found out about the failure of a step.
struct StepEvidence {
  bool out_of_memory = false;  // the kernel killed something during the step
  std::string signature = {};  // the signature in holdfast.toml that the output shows; empty: none
};

// Why the step runs once more: "was killed because memory ran out". Empty: it does not run again.
std::string why_once_more(const Observation& seen, const StepEvidence& evidence);

// Runs as many steps at once as memory allows, over all build trees of a user or of the machine.
// One counted lock has shares of the memory as its units. A step takes what it is expected to need.

// The number of units. It is the same on every machine, because all users of a lock must name the
// same size.
inline constexpr unsigned k_memory_units = 128;
inline constexpr std::string_view k_memory_lock = "holdfast-memory";

// What a step is expected to need if nothing is known about it: 1 GiB.
inline constexpr std::uint64_t k_unknown_peak_kb = 1024UL * 1024UL;

// The units for a step that needs `expected_kb`: its share of the budget, rounded up. At least one
// unit, and never more than all units, so that any step can run alone.
unsigned memory_units(std::uint64_t expected_kb, std::uint64_t budget_kb);

LockSpec memory_lock(unsigned units, LockScope scope);

// The highest peak of the last four commands that made this output and passed (several commands
// make a static library). `journal` is the text of a build journal; incomplete lines are skipped.
// None: there is no such command.
std::optional<std::uint64_t> past_peak_kb(std::string_view journal, const BuildStep& step);

// Changes the locks of a step that runs alone. It gets all slots of its counted locks, all
// memory, and a lock that such steps hold exclusively. The result is in canonical order. `memory`
// is the scope of the memory lock.
void make_alone(std::vector<LockSpec>& locks, LockScope memory);

// How many steps of a kind may run at once, by patterns for their output: `*heavy*=2`, `*=memory`.
struct StepSlots {
  std::string pattern;
  unsigned count = 0;  // 0: by memory
};

// The error is one sentence: what was found and what was expected.
Result<StepSlots> parse_step_slots(std::string_view text);

// Whether `pattern` fits the whole of `text`. `*` stands for any text, and `?` stands for any byte.
bool fits(std::string_view pattern, std::string_view text);

// The first slots whose pattern fits the output; null: the step takes none.
const StepSlots* slots_for(std::string_view output, const std::vector<StepSlots>& slots);

// The lock for counted slots. All steps of the kind with the same pattern and count share it.
LockSpec lock_of(StepKind kind, const StepSlots& slots);

}  // namespace holdfast
