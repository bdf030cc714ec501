// Launchers and guards that do not end, most likely because they are stopped. They are killed:
// neither SIGSTOP nor a debugger prevents that. What they leave is for OrphanHelpers (orphans.hpp).
#pragma once

#include <string>
#include <vector>

#include "core/base/process_name.hpp"
#include "keeper/base/keeper_socket.hpp"

namespace holdfast {

// Whether the command line of a launcher or guard (os/process/process.hpp) names the attempt.
bool names_attempt(const std::vector<std::string>& words, const std::string& attempt);

// Kills a launcher that does not look after its test.
void kill_launcher(const ProcessName& launcher);

// Both functions return false if there was nobody to kill.
bool kill_launchers_of(const RunOfCtest& run);
bool kill_guards_of(const RunOfCtest& run);
// Kills the guard of an attempt whose launcher is dead.
bool kill_forsaken_guard(const RunOfCtest& run, const std::string& attempt);

}  // namespace holdfast
