// The containment around one attempt's process tree, which keeps anything from getting away. It is
// a cgroup in which the test is started, or a PID namespace whose first process is the guard.
// docs/guide/containment.md.
//
// The launcher makes it before the guard, which inherits it. The keeper gets the means to end what
// is inside, in case both are killed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/settings/policy.hpp"
#include "os/containment/cgroup.hpp"
#include "os/containment/cgroup_processes.hpp"
#include "os/containment/pid_namespace.hpp"
#include "os/lock/lock_file.hpp"
#include "os/process/spawn.hpp"
#include "os/signal/signal_line.hpp"
#include "supervision/attempt/warden.hpp"

namespace holdfast::supervision {

class AttemptContainment {
 public:
  // `cgroup`: the name for a cgroup. Where the machine does not allow what is wanted, there is no
  // containment, and trouble() says why.
  AttemptContainment(Containment wanted, const std::string& cgroup);

  // Forks the guard, as fork(2).
  pid_t fork_guard();
  // Has a third process, the warden, end what is inside when launcher and guard are both killed;
  // for use where there is no keeper. To be called before a cgroup's guard exists, or after a PID
  // namespace's guard does. The warden holds these locks, too. Returns its pid; -1: there is none.
  pid_t post_warden(const std::vector<os::LockRequest>& locks, Milliseconds grace, pid_t guard);
  // To be called when the attempt is over.
  void dismiss_warden();

  const std::string& trouble() const { return trouble_; }
  bool is_namespace() const { return kind_ == Containment::pidns; }

  // --- In the guard ----------------------------------------------------------------------
  // To be called before the test exists. Makes the command start inside, and tells the keeper (-1:
  // there is none) how to end what is inside.
  void enter(os::Command& command, int keeper) const;
  // Sends SIGSTOP or SIGCONT to the launcher from within a PID namespace; no other signal works.
  void signal_launcher(int signal) const;
  // To be kept open for as long as anything is inside; -1: there is none.
  int descriptor() const { return cgroup_ ? cgroup_->directory() : -1; }
  // The most memory that everything inside had at once; 0: the kernel does not say.
  std::int64_t memory_peak_kb() const;
  // How many processes inside the kernel has killed for want of memory.
  std::uint64_t oom_kills() const;
  // The test's processes with the numbers that people see.
  std::vector<os::NamedProcess> named_outside(std::vector<os::NamedProcess> processes) const;

  // --- In both ---------------------------------------------------------------------------
  // The processes to end besides our descendants; null: there can be none.
  os::ProcessSet* processes();
  // Removes the containment when nothing is left inside.
  void remove();
  // Removes it while a process that is to live on is inside.
  void let_go();

 private:
  void entrust(int keeper) const;
  void make_cgroup(const std::string& name);
  void make_lines();
  void give_up(const std::string& why);

  Containment kind_;
  std::string trouble_;
  std::optional<os::Cgroup> cgroup_;
  os::UniqueFd entrance_;
  std::optional<os::CgroupProcesses> processes_;  // made on the first call of processes()
  os::PidNamespace namespace_;
  // From inside the PID namespace to the launcher.
  std::optional<os::SignalLine> stop_line_;
  std::optional<os::SignalLine> continue_line_;
  Warden warden_;
};

}  // namespace holdfast::supervision
