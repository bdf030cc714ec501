// Fills in the guard's report, and records the attempt if the launcher cannot.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "os/process/process_tree.hpp"
#include "supervision/attempt/attempt_plan.hpp"
#include "supervision/base/guard_messages.hpp"

namespace holdfast::supervision {

// Puts the first of `processes` into `list`. Returns the number of all `processes`.
unsigned list_processes(const std::vector<os::NamedProcess>& processes,
                        std::array<ListedProcess, k_most_listed>& list);

// Adds the resources that all processes reaped so far have used.
void add_usage(GuardReport& report);

// Writes the attempt's record and tells the keeper, in the place of a killed launcher.
void record_in_launchers_place(const AttemptPlan& plan, const GuardReport& report,
                               std::int64_t wall_us);

}  // namespace holdfast::supervision
