// Attempts whose launcher and guard were both killed. Their processes are found by their tags and
// ended.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "keeper/base/connections.hpp"
#include "keeper/base/run_lines.hpp"
#include "os/process/process_set.hpp"

namespace holdfast {

// Who killed launcher and guard.
enum class KilledBy : std::uint8_t {
  stranger,
  ctest,  // because the test's time was over
  // ctest's limit is unknown (`ctest -S`). ctest kills the whole tree, so a process that got no
  // SIGKILL shows that a stranger was at work.
  ctest_if_all_are_killed,
};

enum class CtestIs : std::uint8_t { alive, dead };
// ctest kills launcher, guard and test at once when its own limit is over. Nobody else does:
// neither a ctest that dies nor one whose limit is not over. `age` is the launcher's, and
// `soonest_end` when ctest may end the test (core/ctest/ctest_limits.hpp).
KilledBy killer_of(Milliseconds age, Milliseconds soonest_end, CtestIs ctest);

// What the journal says of such an attempt, in one sentence. `holders` hold its output.
std::string note_on_orphan(KilledBy killer, std::size_t survivors,
                           const std::vector<os::NamedProcess>& holders);

// The processes that look after orphaned attempts, one for each attempt.
class OrphanHelpers {
 public:
  // Starts a process that ends what is left of the attempt, with the gentle signal first. When
  // nothing is left, that process lets the locks go. It records the attempt unless that was done.
  // It takes the connection's locks with it. If it cannot be started, the locks go at once.
  //
  // Some processes may still hold the attempt's output because they have no tag of it. ctest waits
  // for them, and `lines` says so.
  void look_after(Connection orphan, const std::string& journal, KilledBy killer,
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
