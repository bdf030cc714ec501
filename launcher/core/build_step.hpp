// One command of a build, as the build tool's rule describes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

enum class StepKind : std::uint8_t { compile, link, custom };

std::optional<StepKind> step_kind_named(std::string_view name);
std::string_view name_of(StepKind kind);

struct BuildStep {
  StepKind kind = StepKind::compile;
  std::string tree;      // the top-level build directory, absolute
  std::string target;    // CMake's name; empty: not known
  std::string output;    // as the rule names it, seen from the step's working directory
  std::string language;  // CMake's name; empty: not known
  std::string program;   // the command's own name

  // "link app", for people.
  std::string title() const;
};

using CommandWords = std::vector<std::string_view>;

// The file after the last `-o` of a compiler's or linker's command; empty: there is none.
std::string_view output_in(const CommandWords& command);

// One of the targets that CMake puts into every directory (test, edit_cache, rebuild_cache,
// install): to the generator a custom command, and none of the project's.
bool is_cmakes_own(const CommandWords& command);

}  // namespace holdfast
