#include "core/build_step.hpp"

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
  const std::string& what = output.empty() ? target : output;
  return what.empty() ? std::string(name_of(kind)) : std::string(name_of(kind)) + " " + what;
}

}  // namespace holdfast
