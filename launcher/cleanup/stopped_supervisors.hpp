// Launchers, guards and keepers that do not do their work, most likely because somebody has stopped
// them (SIGSTOP). As long as they are stopped, they count as alive, and nobody ends the tests that
// they hold.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/process_name.hpp"
#include "run/keeper_socket.hpp"

namespace holdfast {

// --- Of a run that is over ------------------------------------------------------------------
//
// The keeper kills those that do not end: neither SIGSTOP nor a debugger prevents that. What they
// leave is for OrphanHelpers (orphans.hpp).

// Whether the command line of a launcher or guard (os/process/process.hpp) names the attempt.
bool names_attempt(const std::vector<std::string>& words, const std::string& attempt);

// Kills a launcher that does not look after its test.
void kill_launcher(const ProcessName& launcher);

// Both functions return false if there was nobody to kill.
bool kill_launchers_of(const RunOfCtest& run);
bool kill_guards_of(const RunOfCtest& run);
// Kills the guard of an attempt whose launcher is dead.
bool kill_forsaken_guard(const RunOfCtest& run, const std::string& attempt);

// --- Of earlier runs ------------------------------------------------------------------------
//
// They are continued, if everybody is dead or stopped who would do that.

enum class CtestState : std::uint8_t { running, stopped, dead };

// What a stopped launcher or guard is, and who is there beside it.
struct StoppedPlace {
  bool is_guard_alone = false;  // a guard whose launcher is dead
  bool has_keeper = false;      // the run's keeper lives and is not stopped
  CtestState ctest = CtestState::running;
};

// Whether it is to be continued. Job control stops ctest and launchers together (Ctrl-Z), and
// whoever has done that continues them. It does not reach a guard whose launcher is dead. (Nor does
// it reach a keeper, so a stopped keeper is always continued.)
bool is_to_go_on(const StoppedPlace& place);

// What becomes of a process after it goes on.
enum class GoingOn : std::uint8_t {
  works,     // its run goes on
  may_end,   // a guard alone, unless it keeps what a fixture needs; a keeper whose ctest is dead,
             // when its services have stopped
  must_end,  // a launcher or guard whose ctest is dead
};

struct StoppedSupervisor {
  ProcessName process;
  std::string name;  // as in /proc/<pid>/comm
  GoingOn then = GoingOn::works;
};

// Returns those of the tree (absolute, without links) that are to be continued. Leaves out
// processes of another PID namespace.
std::vector<StoppedSupervisor> find_stopped(const std::filesystem::path& tree);

// Continues them. Then waits, for at most `patience`, until those have ended that may end, and
// kills those that must and have not. With a patience of 0, waits for nobody and kills nobody.
void let_go_on(const std::vector<StoppedSupervisor>& stopped, Milliseconds patience);

// Returns how long those take to end their tests after they go on.
Milliseconds patience_with_stopped(Milliseconds grace);

// Returns a text such as `2 stopped processes of Holdfast: holdfast-guard (pid 12), …`.
std::string describe(const std::vector<StoppedSupervisor>& stopped);

}  // namespace holdfast
