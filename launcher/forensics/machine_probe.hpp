// Memory, load and locks of the machine at this moment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast::forensics {

// From the texts of /proc/meminfo and /proc/loadavg, proc(5). Pure.
Result<std::string> describe_machine(std::string_view meminfo, std::string_view loadavg,
                                     long processors);
Result<std::string> look_at_machine();

// Which of the locks at these places (core/lock/lock_place.hpp) are in use, as this user sees them:
// the first ten.
Result<std::string> look_at_locks(const std::vector<std::string>& places);

}  // namespace holdfast::forensics
