// The containment around one attempt's process tree: a cgroup in which the test is started, and
// namespaces whose first process is the guard. From a cgroup or a PID namespace no process gets
// away. See docs/reference/containment.md.
//
// The launcher makes the containment before it forks the guard, and the guard inherits it. The
// keeper gets the means to end what is inside, in case launcher and guard are both killed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/settings/policy.hpp"
#include "os/containment/cgroup.hpp"
#include "os/containment/cgroup_processes.hpp"
#include "os/containment/namespaces.hpp"
#include "os/lock/lock_file.hpp"
#include "os/process/spawn.hpp"
#include "os/signal/signal_line.hpp"
#include "supervision/attempt/containment_needs.hpp"
#include "supervision/attempt/warden.hpp"

namespace holdfast::supervision {

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
