// The processes below this one, and their end.
//
// Hazards. A tree changes while it is looked at: processes fork, exit and are re-parented between
// two system calls, and a scan of /proc that finds nobody proves nothing (three empty scans in a
// row missed a process that forks and calls setsid all the time, in 3 of 4 runs). What converges is
// a subreaper that kills its children until it has none: every orphan comes to it. So the caller
// must be one (become_subreaper), with SIGCHLD blocked and not ignored.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "os/process/descendants.hpp"
#include "os/process/process_set.hpp"

namespace holdfast::os {

// Makes this process the parent of every orphan among its descendants. prctl(2).
Result<void> become_subreaper();

// All living descendants but those that are spared.
std::vector<NamedProcess> living_descendants(const Spared& spared);

// Told of what happens while a tree is being ended.
class TreeWatcher {
 public:
  // A child was reaped.
  virtual void on_reaped(pid_t pid, int status) = 0;
  // A child stopped or goes on, as waitpid(2) says; only from reap() with StopNews::wanted.
  virtual void on_stop_news(pid_t /*pid*/, int /*status*/) {}
  // A descriptor that may become readable when there is no more time for grace; -1: none.
  virtual int hurry_fd() = 0;
  // It is readable: is there a reason to kill now? Must consume what made it readable.
  virtual bool hurries() = 0;

 protected:
  ~TreeWatcher() = default;
};

inline constexpr pid_t k_no_group = -1;

// Sends `signal` once to every descendant, but not below a launcher: it gets the signal and passes
// it on. `told_group` as in EndOrder.
void signal_descendants(int signal, const Spared& spared, pid_t told_group = k_no_group);

struct EndOrder {
  int first_signal = 0;   // sent before the grace; 0: none
  Milliseconds grace{0};  // 0: SIGKILL at once and no first signal
  Spared spared;          // those that are not of the tree
  // This process group has had the first signal. 0 is one outside our PID namespace.
  pid_t told_group = k_no_group;
  // What is around the tree, from which SIGKILL goes to everybody in it too, and which must be
  // empty in the end; null: nothing is.
  ProcessSet* contained = nullptr;
};

enum class StopNews : std::uint8_t { unwanted, wanted };

// Reaps what has ended. False when no child is left (but spared ones).
bool reap(TreeWatcher& watcher, const Spared& spared, StopNews stops = StopNews::unwanted);

// Ends every process below this one: `first_signal` and SIGCONT (a stopped process cannot take a
// signal), the grace, then SIGKILL until nothing is left. Returns as soon as the last one is gone.
// A launcher below this one gets the first signal in place of its own tree. SIGKILL goes to all at
// once, but to launchers, guards and keepers below that had the first signal: to these a second
// later, if they still live.
//
// Returns those that could not be ended within five seconds of SIGKILL: in uninterruptible sleep,
// or of another user.
std::vector<NamedProcess> end_tree(const EndOrder& order, TreeWatcher& watcher);

// The same for any set of processes. This is the one place in Holdfast that ends processes of a
// test; `order.spared` is not looked at.
std::vector<NamedProcess> end_processes(ProcessSet& processes, const EndOrder& order,
                                        TreeWatcher& watcher);

}  // namespace holdfast::os
