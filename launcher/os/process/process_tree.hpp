// Finds the processes below this one, and ends them.
//
// Hazards. A tree changes while we look: processes fork, exit and are re-parented between two
// system calls. A scan of /proc that finds nobody proves nothing. In 3 of 4 runs, three empty scans
// in a row missed a process that forked and called setsid all the time. Only a subreaper is sure to
// find all: every orphan becomes its child, and it kills its children until it has none. So the
// caller must be a subreaper (become_subreaper), with SIGCHLD blocked and not ignored.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {

// The processes that are to be ended: descendants, or other processes known by their tags.

// A process as messages name it.
struct NamedProcess {
  pid_t pid = 0;
  std::string name;
};

// Returns those that live.
std::vector<NamedProcess> living_of(const std::vector<pid_t>& pids);

class ProcessSet {
 public:
  // Sends `signal` once to every member that can be found.
  virtual void signal_all(int signal) = 0;
  // Asks every member to end: sends `signal`, then SIGCONT because a stopped process cannot take
  // `signal`. To be overridden if one look at the members can serve for both signals.
  virtual void ask_to_end(int signal) {
    signal_all(signal);
    signal_all(SIGCONT);
  }
  // True: no member is left. Notes which members have ended, and reaps those that are our children.
  virtual bool is_empty() = 0;
  // Returns the members that live.
  virtual std::vector<NamedProcess> living() = 0;
  // Returns descriptors, valid until the next call. When a member ends, one of them becomes
  // readable.
  virtual std::vector<int> news() = 0;
  // Makes those of the descriptors that were readable unreadable again.
  virtual void hear_news() = 0;

 protected:
  ~ProcessSet() = default;
};

// Makes this process the parent of every orphan among its descendants (prctl(2)).
Result<void> become_subreaper();

// Returns all living descendants that are not spared.
std::vector<NamedProcess> living_descendants(const Spared& spared);

// Hears what happens while a tree is being ended.
class TreeWatcher {
 public:
  // A child has ended. It is a zombie until this function returns.
  virtual void on_ended(pid_t /*pid*/) {}
  // A child was reaped.
  virtual void on_reaped(pid_t /*pid*/, int /*status*/) {}
  // A child has stopped or goes on. `status` is as waitpid(2) gives it. Only reap() with
  // StopNews::wanted calls this.
  virtual void on_stop_news(pid_t /*pid*/, int /*status*/) {}
  // Returns a descriptor that becomes readable when the grace may have to be cut short; -1: there
  // is none.
  virtual int hurry_fd() { return -1; }
  // Returns after how long hurries() is to be called in any case.
  virtual Milliseconds hurry_time() { return k_longest; }
  // Called when hurry_fd() is readable or hurry_time() is over. True: the tree must be killed now.
  // Must read what made the descriptor readable.
  virtual bool hurries() { return false; }

 protected:
  ~TreeWatcher() = default;
};

// Needs no news.
class Unwatched final : public TreeWatcher {};

inline constexpr pid_t k_no_group = -1;

// Sends `signal` once to every descendant that is not below a launcher. A launcher gets the signal
// and passes it on to its own tree. The members of `told_group` have had the signal already and do
// not get it.
void signal_descendants(int signal, const Spared& spared, pid_t told_group = k_no_group);

struct EndOrder {
  int first_signal = 0;   // sent before the grace; 0: none
  Milliseconds grace{0};  // 0: SIGKILL at once and no first signal
  Spared spared;          // processes that are not of the tree
  // The members of this process group have had the first signal already. 0: the group is outside
  // our PID namespace.
  pid_t told_group = k_no_group;
  // The containment around the tree; null: there is none. SIGKILL goes to every process inside too.
  // The tree has ended only when the containment is empty.
  ProcessSet* contained = nullptr;
};

enum class StopNews : std::uint8_t { unwanted, wanted };

// Reaps the children that have ended. False: no child is left, or all that are left are spared.
bool reap(TreeWatcher& watcher, const Spared& spared, StopNews stops = StopNews::unwanted);

// Ends every process below this one that is not spared. Sends `first_signal`, and SIGCONT because a
// stopped process cannot take a signal. Waits for the grace, then sends SIGKILL until nothing is
// left. Returns as soon as the last process is gone. A launcher below this one gets the first
// signal and passes it on to its own tree, which does not get it from us. SIGKILL goes to all
// processes at once. But if a first signal was sent, launchers, guards and keepers get SIGKILL a
// second later than the others.
//
// Returns the processes that five seconds of SIGKILL could not end: those in uninterruptible sleep,
// or of another user.
std::vector<NamedProcess> end_tree(const EndOrder& order, TreeWatcher& watcher);

// Ends any set of processes in the same way. This is the one place in Holdfast that ends processes
// of a test. `order.spared` is not used.
std::vector<NamedProcess> end_processes(ProcessSet& processes, const EndOrder& order,
                                        TreeWatcher& watcher);
// Does the same without a watcher.
std::vector<NamedProcess> end_processes(ProcessSet& processes, const EndOrder& order);

}  // namespace holdfast::os
