#include "core/build_step.hpp"

#include <algorithm>

namespace holdfast {

std::optional<StepKind> step_kind_named(std::string_view name) {
  if (name == "compile") return StepKind::compile;
  if (name == "link") return StepKind::link;
  if (name == "custom") return StepKind::custom;
  return std::nullopt;
}

std::string_view name_of(StepKind kind) {
  switch (kind) {
    case StepKind::compile:
      return "compile";
    case StepKind::link:
      return "link";
    case StepKind::custom:
      return "custom";
  }
  return "custom";
}

std::string BuildStep::title() const {
  const std::string& what = !output.empty() ? output : !target.empty() ? target : program;
  return what.empty() ? std::string(name_of(kind)) : std::string(name_of(kind)) + " " + what;
}

std::string_view output_in(const CommandWords& command) {
  for (std::size_t i = command.size(); i-- > 1;) {
    if (command[i - 1] == "-o") return command[i];
  }
  return {};
}

bool is_cmakes_own(const CommandWords& command) {
  if (command.empty()) return false;
  const std::string_view program = command[0].substr(command[0].rfind('/') + 1);
  if (program == "ctest" || program == "ccmake" || program == "cmake-gui") return true;
  if (program != "cmake") return false;
  const auto has = [&](std::string_view word) {
    return std::find(command.begin(), command.end(), word) != command.end();
  };
  return has("--regenerate-during-build") || has("cmake_install.cmake");
}

}  // namespace holdfast
