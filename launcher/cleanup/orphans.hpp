// Attempts whose launcher and guard were both killed. The processes of such an attempt are found by
// their tags and ended.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "os/process/process_tree.hpp"
#include "run/connections.hpp"
#include "run/run_lines.hpp"

namespace holdfast {

// Who killed launcher and guard.
enum class KilledBy : std::uint8_t {
  stranger,
  ctest,  // ctest, because the test's time was over
  // ctest's limit is unknown (`ctest -S`). ctest kills the whole tree, so a process that got no
  // SIGKILL shows that a stranger was at work.
  ctest_if_all_are_killed,
};

// For the log.
constexpr auto words_of(KilledBy) {
  return word_list("somebody killed them",
                   "ctest killed them, because the time of the test was over",
                   "ctest or somebody else killed them");
}

enum class CtestIs : std::uint8_t { alive, dead };
// Returns who killed launcher and guard. When its own limit is over, ctest kills launcher, guard
// and test at once. A ctest that dies does not do that, nor does a ctest whose limit is not over.
// `age` is the launcher's, and `soonest_end` is the age at which ctest may end the test
// (ctest/ctest_limits.hpp).
KilledBy killer_of(Milliseconds age, Milliseconds soonest_end, CtestIs ctest);

// Returns what the journal says of such an attempt, in one sentence. `holders`: the processes that
// have its output open.
std::string note_on_orphan(KilledBy killer, std::size_t survivors,
                           const std::vector<os::NamedProcess>& holders);

// The processes that look after orphaned attempts, one for each attempt.
class OrphanHelpers {
 public:
  // Starts a process that ends what is left of the attempt, with the gentle signal first. That
  // process takes the connection's locks with it, and lets them go when nothing is left. It records
  // the attempt unless the attempt is on record. If the process cannot be started, the locks are
  // released at once. The stop command of a service runs at last.
  //
  // Processes without the attempt's tag are not ended and may still have its output open. ctest
  // then waits for them, and `lines` says so.
  //
  // Returns the number of the process; -1: it could not be started.
  pid_t look_after(Connection orphan, const std::string& journal, KilledBy killer,
                   const ProcessName& ctest, RunLines& lines);

  enum class Reap : std::uint8_t {
    those_through,
    all,  // waits for them
  };
  void reap_helpers(Reap which);

 private:
  std::set<pid_t> helpers_;
};

}  // namespace holdfast
