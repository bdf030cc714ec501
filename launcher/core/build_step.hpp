// One command of a build, as the build tool's rule describes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

  // "link app", for people.
  std::string title() const;
};

}  // namespace holdfast
