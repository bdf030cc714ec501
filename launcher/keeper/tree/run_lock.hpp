// The lock that a ctest has on its build tree, alone or shared with others. It has it from before
// its first test until it ends, however it ends.
#pragma once

#include <cstdint>
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

struct RunLockOrder {
  std::string tree;
  ProcessName ctest;
  std::string held;  // HOLDFAST_HELD of ctest, for a run inside a test of this tree's run
  TreeUse use = TreeUse::alone;
  // The tests that a run names. It shares the tree only while no other run may run one of them:
  // else its own test would wait for that one, on ctest's clock. A whole run always shares.
  CtestSelection selection = {};
  std::string ctest_version = {};
};

struct RunLock {
  std::optional<os::LockRequest> held;  // none: allowed beside another, or nested without a lock
  TreeUse use = TreeUse::alone;         // how it is held
  bool inside_another = false;          // a run inside a test of the run that has the tree
  std::string warning;                  // one sentence: the tree could not be locked
};

// Takes the tree for `ctest`. Blocks while another run has the tree and one of the two must be
// alone, in the order of arrival. After a moment it says so on ctest's stderr. It gives up when
// ctest ends. The error is one line for people: refused, or ctest ended. If a lock cannot be made
// (a read-only tree, another user's tree), the run goes on with a warning.
//
// The keeper holds the lock. If the keeper is killed, the ctest on record still has the tree. A run
// that gets the lock then waits for that ctest to end, even if both share the tree: nobody knows
// any more what its tests do.
//
// A ctest inside a test of the run that has the tree does not wait for that run, but for others
// inside it. It knows that run by HOLDFAST_HELD, as an ancestor, or by the attempt's tag.
//
// A ctest inside a test of another tree's run waits like any other. The run that has the tree may
// in turn wait for that outer run (docs/internals/decisions/0022). The last to come in such a
// circle goes on without the tree, and says so on ctest's stderr.
Result<RunLock> take_run_lock(const RunLockOrder& order, SecondRun second);

// Takes `ctest`, which goes on, out of the lock's records: its tests have ended, and nobody who
// shares the tree need wait for them. To be called before the lock is let go. A record without the
// lock would look like a run whose keeper was killed.
void forget_run(const os::UniqueFd& lock, const ProcessName& ctest);

// The tests that `ctest` names one by one on its command line, or in a file named there; else a
// whole run.
CtestSelection selection_of(const ProcessName& ctest, std::string_view ctest_version);

// Whether a run of any PID namespace has the tree at this moment. Fails when the lock cannot be
// opened for writing: then the caller may not tidy the tree.
Result<bool> is_tree_taken(const std::string& tree);

// Whether `ctest` has the tree. Nothing when we may not look at the lock. `numbering` is
// os::numbering_id() where ctest runs.
std::optional<bool> has_tree(const ProcessName& ctest, std::string_view numbering,
                             const std::string& tree);

}  // namespace holdfast
