// The processes below this one, and their end.
//
// Hazards. A tree changes while we look: processes fork, exit and are re-parented between two
// system calls. A scan of /proc that finds nobody proves nothing: three empty scans in a row missed
// a process that forks and calls setsid all the time, in 3 of 4 runs. Only a subreaper that kills
// its children until it has none is sure to finish, because every orphan becomes its child. So the
// caller must be a subreaper (become_subreaper), with SIGCHLD blocked and not ignored.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "os/process/descendants.hpp"
#include "os/process/process_set.hpp"

namespace holdfast::os {

// Makes this process the parent of every orphan among its descendants. prctl(2).
Result<void> become_subreaper();

// All living descendants that are not spared.
std::vector<NamedProcess> living_descendants(const Spared& spared);

// Is told what happens while a tree is being ended.
class TreeWatcher {
 public:
  // A child was reaped.
  virtual void on_reaped(pid_t pid, int status) = 0;
  // A child stopped or continues, as waitpid(2) says. Called only by reap() with StopNews::wanted.
  virtual void on_stop_news(pid_t /*pid*/, int /*status*/) {}
  // A descriptor that becomes readable when the grace may have to be cut short; -1: none.
  virtual int hurry_fd() = 0;
  // Called when hurry_fd() is readable. Whether there is a reason to kill now. Must consume what
  // made it readable.
  virtual bool hurries() = 0;

 protected:
  ~TreeWatcher() = default;
};

inline constexpr pid_t k_no_group = -1;

// Sends `signal` once to every descendant, but not below a launcher: the launcher gets the signal
// and passes it on. `told_group` as in EndOrder.
void signal_descendants(int signal, const Spared& spared, pid_t told_group = k_no_group);

struct EndOrder {
  int first_signal = 0;   // sent before the grace; 0: none
  Milliseconds grace{0};  // 0: SIGKILL at once and no first signal
  Spared spared;          // processes that are not of the tree
  // This process group has had the first signal already. 0: a group outside our PID namespace.
  pid_t told_group = k_no_group;
  // The containment around the tree; null: none. SIGKILL goes to everybody in it too, and it must
  // be empty in the end.
  ProcessSet* contained = nullptr;
};

enum class StopNews : std::uint8_t { unwanted, wanted };

// Reaps the children that have ended. False when no child is left that is not spared.
bool reap(TreeWatcher& watcher, const Spared& spared, StopNews stops = StopNews::unwanted);

// Ends every process below this one. It sends `first_signal` and SIGCONT (a stopped process cannot
// take a signal), waits for the grace, then sends SIGKILL until nothing is left. Returns as soon as
// the last process is gone. A launcher below this one gets the first signal in place of its own
// tree. SIGKILL goes to all at once, except that launchers, guards and keepers that were sent the
// first signal get it a second later.
//
// Returns the processes that five seconds of SIGKILL could not end: those in uninterruptible sleep,
// or of another user.
std::vector<NamedProcess> end_tree(const EndOrder& order, TreeWatcher& watcher);

// The same for any set of processes. This is the one place in Holdfast that ends processes of a
// test. `order.spared` is not used.
std::vector<NamedProcess> end_processes(ProcessSet& processes, const EndOrder& order,
                                        TreeWatcher& watcher);
// The same where nothing hurries and nobody hears of it.
std::vector<NamedProcess> end_processes(ProcessSet& processes, const EndOrder& order);

}  // namespace holdfast::os
