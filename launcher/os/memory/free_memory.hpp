// How much memory there is for more processes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/process_name.hpp"

namespace holdfast::os {

// In KiB: what the kernel calls available, less where one of our cgroups may have less
// (memory_cgroups.hpp). None: this system does not say.
std::optional<std::uint64_t> available_memory_kb();

// In KiB: what these processes and all below them have in memory now. Who has ended has nothing.
std::uint64_t memory_in_use_kb(const std::vector<ProcessName>& roots);

}  // namespace holdfast::os
