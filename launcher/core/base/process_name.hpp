#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace holdfast {

// A process by its pid and start time, so that no later process with the same pid is taken for it.
struct ProcessName {
  int pid = 0;
  std::uint64_t start = 0;  // clock ticks since boot: field 22 of /proc/<pid>/stat, proc(5)

  friend bool operator==(const ProcessName&, const ProcessName&) = default;
};

// `<pid>:<start>`, as `holdfast begin --ctest` takes it.
Result<ProcessName> parse_process_name(std::string_view text);
std::string to_text(const ProcessName& process);

}  // namespace holdfast
