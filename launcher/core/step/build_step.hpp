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

namespace holdfast {

// scan: what looks up which C++ modules a source makes and needs, by the rule for compiling it
// (CMake 3.28).
enum class StepKind : std::uint8_t { compile, link, custom, scan };

constexpr std::array<std::string_view, 4> words_of(StepKind) {
  return {"compile", "link", "custom", "scan"};
}

// What was before this attempt of a step, all of it together.
struct EarlierAttempts {
  unsigned count = 0;
  std::int64_t wall_us = 0;
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;
  std::int64_t max_rss_kb = 0;
  std::int64_t waited_ms = 0;
  std::string why;  // "was killed for want of memory"

  friend bool operator==(const EarlierAttempts&, const EarlierAttempts&) = default;
};

// What the launcher tells `holdfast exec`, which goes on with its step in the same process.
struct StepHandOver {
  int parent = -1;  // descriptors: the build tool's pidfd, and where lines go; -1: none
  int lines = -1;
  EarlierAttempts earlier;

  friend bool operator==(const StepHandOver&, const StepHandOver&) = default;
};

// "<parent>:<lines>:<count>:<wall>:<user>:<system>:<peak>:<waited>:<why>"
std::string to_text(const StepHandOver& handed);
std::optional<StepHandOver> parse_step_hand_over(std::string_view text);

struct BuildStep {
  StepKind kind = StepKind::compile;
  std::string tree = {};      // the top-level build directory, absolute
  std::string target = {};    // CMake's name; empty: not known
  std::string output = {};    // as the rule names it, seen from the step's working directory
  std::string language = {};  // CMake's name; empty: not known
  std::string program = {};   // the command's own name
  // In which scope it has slots by memory (core/step/memory_slots.hpp), if any.
  std::optional<LockScope> memory_slots = {};
  std::optional<StepHandOver> handed = {};  // only in `holdfast exec`

  // "link app", for people.
  std::string title() const;
  // How many attempts there were before.
  unsigned earlier() const { return handed ? handed->earlier.count : 0; }
};

using CommandWords = std::vector<std::string_view>;

// The file after the last `-o` of a compiler's or linker's command; empty: there is none.
std::string_view output_in(const CommandWords& command);

// The file that gets the modules of a source, if that is all the command is to find out: of GCC
// (-E with -fdeps-file=) or of clang-scan-deps (-MT); empty: it is another command.
std::string_view scanned_into(const CommandWords& command);

// One of the targets that CMake puts into every directory (test, edit_cache, rebuild_cache,
// install): to the generator a custom command, and none of the project's.
bool is_cmakes_own(const CommandWords& command);

}  // namespace holdfast
