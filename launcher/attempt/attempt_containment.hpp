// What the containment of one attempt is made from.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attempt/grant.hpp"
#include "attempt/invocation.hpp"
#include "os/containment/cgroup.hpp"
#include "os/containment/namespaces.hpp"
#include "os/containment/private_tmp.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"
#include "os/signal/signals.hpp"
#include "values/policy.hpp"

namespace holdfast::supervision {

// The warden: a process that outlives launcher and guard until what they left has ended. It has
// copies of the locks, and a process group of its own. It is not of the tree that the launcher
// ends. There is one for an attempt in a containment without a keeper (`holdfast run` outside of
// ctest), and for an attempt on another machine that has locks on this one.
struct Warden {
  pid_t pid = -1;  // -1: there is none; 0: this process is the warden
  // Open in launcher and guard while they live; closed in what they execute.
  os::UniqueFd life;
};

// Forks the warden, which keeps only the descriptors in `kept`. Returns in the launcher at once,
// and in the warden when launcher and guard are dead. They may have ended because the attempt is
// over and all is well. If the warden cannot be started, that is no failure, because it is only a
// third watcher.
Warden start_warden(std::vector<int> kept);

// To be called when all has ended well. Without a warden it does nothing.
void dismiss_warden(Warden& warden);

struct ContainmentNeeds {
  std::string cgroup = {};  // a name; for Boundary::cgroup
  // For Boundary::tmp. All processes that the attempt starts, one after the other or at once, have
  // the same one.
  Result<os::PrivateTmp> tmp = os::PrivateTmp();
  bool tmp_is_shared = false;  // with other attempts, which may be running
  std::string refusal = {};    // why the test cannot run like this, on any machine; empty: it can
  int network = -1;  // for Boundary::netns: a network that others have too; -1: one of its own
};

// Whether it must not run without its containment, as far as properties and options say so: the
// launcher does not read holdfast.toml.
bool must_be_contained(const Invocation& invocation);

// Why a test must not run if it has no keeper: only the keeper knows what holdfast.toml says, and
// has what fixtures share. Empty: it may run.
std::string_view needs_keeper(const Grant& grant, const Invocation& invocation);

// `scratch`: the attempt's scratch directory; empty: there is none.
ContainmentNeeds containment_needs(const Grant& grant, const Invocation& invocation,
                                   const std::string& scratch);

// The containment around one attempt's process tree: a cgroup in which the test is started, and
// namespaces whose first process is the guard. From a cgroup or a PID namespace no process gets
// away. See docs/reference/containment.md.
//
// The launcher makes the containment before it forks the guard, and the guard inherits it. The
// keeper gets the means to end what is inside, in case launcher and guard are both killed.
class AttemptContainment {
 public:
  // If the machine does not allow a boundary, the attempt has the others, and troubles() says why.
  AttemptContainment(Containment wanted, const ContainmentNeeds& needs);

  // Forks the guard. Returns as fork(2) does. `missing`: what to do if the machine does not allow a
  // boundary.
  Result<pid_t> fork_guard(ContainmentMissing missing);
  // Starts a third process, the warden. If launcher and guard are both killed, the warden ends the
  // processes inside. The warden also holds `locks`. To be called if there is no keeper: for a
  // cgroup before the guard is forked, for a PID namespace afterwards. Returns the warden's pid;
  // -1: there is none.
  pid_t post_warden(std::vector<int> locks, Milliseconds grace, pid_t guard);
  // To be called when the attempt is over.
  void dismiss_warden();

  const std::vector<std::string>& troubles() const { return troubles_; }
  bool has(Boundary boundary) const { return had_.has(boundary); }

  // --- In the guard ----------------------------------------------------------------------
  // To be called before the test exists. Makes `command` start inside, and tells the keeper how to
  // end what is inside. `keeper`: the connection; -1: there is none.
  void enter(os::Command& command, int keeper, ContainmentMissing missing) const;
  // Sends SIGSTOP or SIGCONT to the launcher from inside a PID namespace. No other signal works.
  void signal_launcher(int signal) const;
  // Returns the descriptor that must stay open while any process is inside; -1: there is none.
  int descriptor() const { return cgroup_ ? cgroup_->directory() : -1; }
  // Returns the most memory that all processes inside had together, in KiB; 0: the kernel does not
  // say.
  std::int64_t memory_peak_kb() const;
  // Returns the number of processes inside that the kernel has killed because memory ran out.
  std::uint64_t oom_kills() const;
  // Returns `processes` with the numbers that they have outside of the PID namespace.
  std::vector<os::NamedProcess> named_outside(std::vector<os::NamedProcess> processes) const;

  // --- In both ---------------------------------------------------------------------------
  // Returns the processes of the cgroup, even those that are not our descendants; null: there is no
  // cgroup. The processes of a PID namespace end with the guard.
  os::ProcessSet* processes();
  // Removes the containment. To be called when nothing is left inside.
  void remove();
  // Removes the containment, but the processes inside live on.
  void let_go();

 private:
  void entrust(int keeper) const;
  Result<void> make_cgroup(const std::string& name);
  Result<pid_t> fork_into_namespaces();
  void make_lines();
  void give_up(Containment what, const Error& why);

  Containment had_;
  std::vector<std::string> troubles_;
  ContainmentNeeds needs_;
  std::optional<os::Cgroup> cgroup_;
  os::UniqueFd entrance_;
  std::optional<os::CgroupProcesses> processes_;  // made on the first call of processes()
  std::optional<os::Namespaces> namespaces_;
  // The guard uses these lines to signal the launcher from inside the PID namespace.
  std::optional<os::SignalLine> stop_line_;
  std::optional<os::SignalLine> continue_line_;
  Warden warden_;
};

}  // namespace holdfast::supervision
