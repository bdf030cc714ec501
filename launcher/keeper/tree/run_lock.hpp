// The lock that a ctest has on its build tree, alone or shared with other ctests. A ctest has the
// lock from before its first test until the ctest ends, however it ends.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/ctest/ctest_selection.hpp"
#include "core/settings/settings.hpp"
#include "os/file/unique_fd.hpp"
#include "os/lock/lock_file.hpp"

namespace holdfast {

enum class TreeUse : std::uint8_t { alone, shared };

// The keeper of the run for which another run waits.
enum class OtherKeeper : std::uint8_t { there, killed };

struct RunLockOrder {
  std::string tree;
  ProcessName ctest;
  std::string held;  // HOLDFAST_HELD of ctest, for a run inside a test of this tree's run
  TreeUse use = TreeUse::alone;
  // The tests that the run names. With TreeUse::shared, a run that names tests shares the tree only
  // while no other run may run one of these tests. Otherwise its test would wait for the other
  // run's test, on ctest's clock. A whole run always shares.
  CtestSelection selection = {};
  std::string ctest_version = {};
  // Called each time before a line says what the run waits for, to look after what nobody looks
  // after any more. Returns what to say, in one line; empty: nothing.
  std::function<std::string(OtherKeeper)> look_after_other = {};
};

struct RunLock {
  std::optional<os::LockRequest> held;  // none: the run goes on without the lock
  TreeUse use = TreeUse::alone;         // how the tree is held
  bool inside_another = false;          // a run inside a test of the run that has the tree
  std::string warning;                  // one sentence: the tree could not be locked
};

// Takes the tree for `ctest`. Blocks while another run has the tree and one of the two runs must be
// alone. Waiting runs get the tree in the order of arrival. After a moment, a line on ctest's
// stderr says what the run waits for. The wait is given up when ctest ends. The error is one line
// for people: the tree is refused, or ctest ended. If a lock cannot be made (a read-only tree,
// another user's tree), the run goes on with a warning.
//
// The keeper holds the lock. If the keeper is killed, the ctest on record still has the tree. The
// next run that gets the lock waits until that ctest has ended, even if both share the tree: nobody
// knows any more what that ctest's tests do.
//
// If a ctest is inside a test of the run that has the tree, the inner ctest does not wait for that
// run. It waits for other ctests inside that run. It finds the run around it by HOLDFAST_HELD,
// among its ancestors, or by the attempt's tag.
//
// A ctest inside a test of another tree's run waits like any other ctest. The run that has the tree
// may in turn wait for that outer run (docs/internals/decisions/0022). The ctest that comes last in
// such a circle goes on without the tree, and its stderr says so.
Result<RunLock> take_run_lock(const RunLockOrder& order, SecondRun second);

// Removes `ctest` from the lock's records although ctest itself goes on: its tests have ended, and
// no run that shares the tree need wait for them. To be called before the lock is let go. A record
// without the lock would look like a run whose keeper was killed.
void forget_run(const os::UniqueFd& lock, const ProcessName& ctest);

// Lets the tree go although `ctest` lives on: none of its tests is run.
void give_back(RunLock& lock, const ProcessName& ctest);

// Returns the tests that `ctest` names one by one, on its command line or in a file named there. A
// whole run: it names none in that way.
CtestSelection selection_of(const ProcessName& ctest, std::string_view ctest_version);

// True: a run of any PID namespace has the tree at this moment. Fails if the lock cannot be opened
// for writing; the caller must not tidy the tree then.
Result<bool> is_tree_taken(const std::string& tree);

// True: `ctest` has the tree. Nothing: we have no right to read the lock. `numbering` is
// os::numbering_id() where ctest runs.
std::optional<bool> has_tree(const ProcessName& ctest, std::string_view numbering,
                             const std::string& tree);

}  // namespace holdfast
