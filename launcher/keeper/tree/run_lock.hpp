// The lock that a ctest has on its build tree from before its first test until it ends, however it
// ends: alone, or side by side with others that share it.
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
  std::string held;  // HOLDFAST_HELD of ctest: a run inside a test of this tree's run
  TreeUse use = TreeUse::alone;
  // Of a run that shares the tree as long as nobody else runs one of its tests, which its own would
  // wait for on ctest's clock: by which it was judged so. Of a whole run: it shares in any case.
  CtestSelection selection = {};
  std::string ctest_version = {};
};

struct RunLock {
  std::optional<os::LockRequest> held;  // none: allowed beside another, or nested without a lock
  TreeUse use = TreeUse::alone;         // how it is held
  bool inside_another = false;          // a run inside a test of one that has the tree
  std::string warning;                  // one sentence: the tree could not be locked
};

// Takes the tree for `ctest`. Blocks while another run has it and one of the two is to be alone,
// in the order of arrival, telling so on ctest's stderr (but for the first moments), and gives up
// when ctest ends. The error is one line for people: refused,
// or ctest ended. Where a lock cannot be made (a read-only tree, a tree of another user) the run
// goes on with a warning.
//
// The lock is the keeper's. Should the keeper be killed, the ctest on record still has the tree:
// who gets the lock then waits for that process to end, shared or not, since what its tests do is
// not known any more. A ctest that runs inside a test of the
// run that has the tree (by HOLDFAST_HELD, as a descendant of that ctest, or by its attempt's tag)
// does not wait for it, but for others inside that run.
//
// Inside a test of another tree's run it waits as anybody does, though what is around it may be
// waited for in turn by the run that has the tree (docs/internals/decisions/0022). Who is the last
// to come in such a circle goes on without the tree, and says so on ctest's stderr.
Result<RunLock> take_run_lock(const RunLockOrder& order, SecondRun second);

// Takes `ctest`, which goes on, out of the lock's records: its tests are over, and nobody who
// shares the tree need wait for them. Before the lock is let go: it would be taken for a run whose
// keeper was killed.
void forget_run(const os::UniqueFd& lock, const ProcessName& ctest);

// What that ctest runs, where its command line names its tests one by one (of a file the names in
// it); else a whole run.
CtestSelection selection_of(const ProcessName& ctest, std::string_view ctest_version);

// Whether a run has the tree at this moment, in whichever PID namespace. Fails where the lock
// cannot be opened for writing: then the tree is not the caller's to tidy.
Result<bool> is_tree_taken(const std::string& tree);

// Whether that ctest has it; nothing where the lock may not be looked at. `numbering` is
// os::numbering_id() where it runs.
std::optional<bool> has_tree(const ProcessName& ctest, std::string_view numbering,
                             const std::string& tree);

}  // namespace holdfast
