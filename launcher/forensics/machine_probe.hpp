// Memory, load and locks of the machine at this moment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast::forensics {

// Reads the texts of /proc/meminfo and /proc/loadavg, see proc(5). Pure.
Result<std::string> describe_machine(std::string_view meminfo, std::string_view loadavg,
                                     long processors);
Result<std::string> look_at_machine();

// The first ten of the locks at `places` (core/lock/lock_place.hpp) that are in use, as this user
// sees them.
Result<std::string> look_at_locks(const std::vector<std::string>& places);

}  // namespace holdfast::forensics
