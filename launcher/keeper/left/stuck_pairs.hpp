// Launchers and guards that do not come to their end: stopped, most likely. They are killed, which
// neither SIGSTOP nor a debugger prevents. What a killed guard leaves is for who looks after
// orphaned attempts.
#pragma once

#include <string>

#include "core/base/process_name.hpp"
#include "keeper/base/supervisors.hpp"

namespace holdfast {

// A launcher that does not look after its test: what it leaves is for who looks after orphaned
// attempts.
void kill_launcher(const ProcessName& launcher);

// Each is false when there was none.
bool kill_launchers_of(const RunOfCtest& run);
bool kill_guards_of(const RunOfCtest& run);
// The guard of a test whose launcher is dead.
bool kill_forsaken_guard(const RunOfCtest& run, const std::string& test);

}  // namespace holdfast
