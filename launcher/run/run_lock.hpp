// Locks whose files are in the build tree, above all the one that a ctest has on its tree, alone or
// shared with other ctests: from before its first test until the ctest ends, however it ends.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process_name.hpp"
#include "base/result.hpp"
#include "ctest/ctest_options.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/lock_file.hpp"
#include "settings/settings.hpp"
#include "values/held_locks.hpp"
#include "values/lock_spec.hpp"

namespace holdfast {

// --- What stands between a run and its build tree -------------------------------------------

// Returns a text such as `"ctest -j8" (pid 4711, for 4.2 s)`.
std::string describe_run(const LockParty& run, std::int64_t now_unix_ms);

// Names the run that has the tree, or a run that waits before us to have the tree alone. `wanted`:
// how we want it.
std::string describe_run_obstacle(const LockObstacles& obstacles, LockMode wanted,
                                  std::int64_t now_unix_ms);

// True: the record of the run names the tree by this path. A run that names the tree by another
// path (a bind mount) uses other locks of scope `build`, so nothing would keep the tests of the two
// runs apart.
bool names_tree(const LockParty& run, std::string_view tree);

// True: `one` is among `parties`. The same pid in another PID namespace is another process.
bool is_among(const std::vector<LockParty>& parties, const LockParty& one);

// --- To take the locks ----------------------------------------------------------------------

// Every user who may write to the tree may take a lock whose files are in it, below .holdfast.
// `directory`: the path of the lock's files, relative to the tree (base/names.hpp). It is made
// if it is missing.
Result<os::LockRequest> open_tree_lock(const std::string& tree, std::string_view directory,
                                       const LockSpec& spec, const LockLevel& level = {});

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

// --- The lock on the tree, when it is taken -------------------------------------------------

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
