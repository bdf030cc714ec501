// Filling in what the guard reports, and writing it down where there is no launcher to do it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "os/process/process_set.hpp"
#include "supervision/attempt/guard_duty.hpp"
#include "supervision/base/guard_messages.hpp"

namespace holdfast::supervision {

// The first of them by name; returns how many there are.
unsigned list_processes(const std::vector<os::NamedProcess>& processes,
                        std::array<ListedProcess, k_most_listed>& list);

// What all processes reaped so far have used.
void add_usage(GuardReport& report);

// The launcher was killed: what it would have said of the attempt is said here, to the journal and
// to the keeper.
void record_in_launchers_place(const GuardDuty& duty, const GuardReport& report,
                               std::int64_t wall_us);

}  // namespace holdfast::supervision
