// Memory, load and locks of the machine at this moment.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace holdfast::forensics {

// From the texts of /proc/meminfo and /proc/loadavg, proc(5). Pure.
Result<std::string> describe_machine(std::string_view meminfo, std::string_view loadavg,
                                     long processors);
Result<std::string> look_at_machine();

// The locks that are in use, as this user sees them: the first ten.
Result<std::string> look_at_locks();

}  // namespace holdfast::forensics
