// Whether enough memory is available.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "doctor/base/finding.hpp"

namespace holdfast::doctor {

// In KiB. Both take the limits of our cgroups into account. None: the system does not say.
struct Memory {
  std::optional<std::uint64_t> available_kb;
  std::optional<std::uint64_t> size_kb;
};

Memory look_at_memory();
Findings check_memory(const Memory& memory);
// A text such as `2.1 GiB of 3.9 GiB available`.
std::string describe(const Memory& memory);

}  // namespace holdfast::doctor
