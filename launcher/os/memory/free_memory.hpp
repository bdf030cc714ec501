// How much memory there is, and how much is free for more processes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/process_name.hpp"

namespace holdfast::os {

// Returns what the kernel calls available, in KiB, or less if one of our cgroups has less left
// (memory_cgroups.hpp). None: this system does not say.
std::optional<std::uint64_t> available_memory_kb();

// Returns the memory of the machine, in KiB, or the limit of one of our cgroups if that is less.
// None: this system does not say.
std::optional<std::uint64_t> total_memory_kb();

// Returns what these processes and all below them have in memory now, in KiB. Ended processes have
// nothing.
std::uint64_t memory_in_use_kb(const std::vector<ProcessName>& roots);

}  // namespace holdfast::os
