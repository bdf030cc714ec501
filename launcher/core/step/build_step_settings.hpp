// What holdfast.toml says of build steps: [build-steps].
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/said.hpp"

namespace holdfast {

struct BuildStepSettings {
  // Regular expressions for a line of what a failing step printed: it is done once more.
  std::vector<Said<std::string>> transient;
  // What steps with slots by memory may need together, in KiB; else what is free.
  std::optional<Said<std::uint64_t>> memory_kb;
};

}  // namespace holdfast
