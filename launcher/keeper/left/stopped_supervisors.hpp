// Launchers, guards and keepers of a build tree's runs that somebody has stopped (SIGSTOP), while
// everybody is dead or stopped who would continue them. As long as they are stopped, they count as
// alive, and nobody ends the tests that they hold.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"

namespace holdfast {

enum class CtestState : std::uint8_t { running, stopped, dead };

// What a stopped process is, and who is there beside it.
struct StoppedPlace {
  bool is_keeper = false;
  bool is_guard_alone = false;  // a guard whose launcher is dead
  bool has_keeper = false;      // the run's keeper lives and is not stopped
  CtestState ctest = CtestState::running;
};

// Whether the process is to be continued. Job control stops ctest and launchers together (Ctrl-Z),
// and whoever has done that continues them. It reaches neither a keeper nor a guard whose launcher
// is dead.
bool is_to_go_on(const StoppedPlace& place);

struct StoppedSupervisor {
  ProcessName process;
  std::string name;             // as in /proc/<pid>/comm
  bool run_is_over = false;     // its ctest is dead, so it ends soon after it goes on
  bool is_guard_alone = false;  // likewise, unless it keeps what a fixture needs
};

// Returns those of the tree (absolute, without links) that are to be continued. Leaves out
// processes of another PID namespace.
std::vector<StoppedSupervisor> find_stopped(const std::filesystem::path& tree);

// Continues them. Then waits, for at most `patience`, until those have ended that are to end, and
// kills the others whose run is over. With a patience of 0, waits for nobody and kills nobody.
void let_go_on(const std::vector<StoppedSupervisor>& stopped, Milliseconds patience);

// Returns how long those take to end their tests after they go on.
Milliseconds patience_with_stopped(Milliseconds grace);

// Returns a text such as `2 stopped processes of Holdfast: holdfast-guard (pid 12), …`.
std::string describe(const std::vector<StoppedSupervisor>& stopped);

}  // namespace holdfast
