// What is put around one attempt's process tree so that nothing of it gets away: a cgroup that the
// test is started in, or a PID namespace whose first process is the guard.
// docs/guide/containment.md.
//
// Made by the launcher before the guard, inherited by the guard; the keeper gets the means to end
// what is in it, for when both are killed.
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
  // `cgroup`: the name that one would have. Where the machine does not let us have what is wanted,
  // there is none, and trouble() says why.
  AttemptContainment(Containment wanted, const std::string& cgroup);

  // Forks the guard, as fork(2).
  pid_t fork_guard();
  // Has a third process end what is inside when launcher and guard are both killed: for where there
  // is no keeper to do it. To be called before the guard of a cgroup exists, and after that of a
  // PID namespace does. The warden holds these locks, too. Returns its pid, -1 when there is none.
  pid_t post_warden(const std::vector<os::LockRequest>& locks, Milliseconds grace, pid_t guard);
  // When the attempt is over.
  void dismiss_warden();

  const std::string& trouble() const { return trouble_; }
  bool is_namespace() const { return kind_ == Containment::pidns; }

  // --- In the guard ----------------------------------------------------------------------
  // Before the test exists: has its command start inside, and tells the keeper (-1: there is none)
  // how to end what is inside.
  void enter(os::Command& command, int keeper) const;
  // From within a PID namespace: SIGSTOP or SIGCONT, to the launcher; others it does without.
  void signal_launcher(int signal) const;
  // To be kept open for as long as anything is in it; -1: there is none.
  int descriptor() const { return cgroup_ ? cgroup_->directory() : -1; }
  // The most memory that everything inside had at once; 0: the kernel does not say.
  std::int64_t memory_peak_kb() const;
  // How many of its processes the kernel has killed for want of memory.
  std::uint64_t oom_kills() const;
  // Processes of the test by the numbers that they have for people.
  std::vector<os::NamedProcess> named_outside(std::vector<os::NamedProcess> processes) const;

  // --- In both ---------------------------------------------------------------------------
  // Who is to be ended besides our descendants; null: nobody could be.
  os::ProcessSet* processes();
  // Takes it away when nothing is left in it.
  void remove();
  // The same, with somebody in it who is to live on.
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
  std::optional<os::CgroupProcesses> processes_;  // once they are asked for
  os::PidNamespace namespace_;
  // From in there to the launcher.
  std::optional<os::SignalLine> stop_line_;
  std::optional<os::SignalLine> continue_line_;
  Warden warden_;
};

}  // namespace holdfast::supervision
