// The guard as the launcher sees it: a child that it starts, gives orders, hears and buries.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attempt/attempt_containment.hpp"
#include "attempt/attempt_plan.hpp"
#include "attempt/guard_messages.hpp"
#include "attempt/surroundings.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::supervision {

class GuardProcess {
 public:
  // Forks the guard, with the containment that the plan wants. From here on this process is a
  // subreaper. For a plain attempt its working directory becomes /. Children that this process
  // already has are not of the test's tree. To be called once, after take_signals(); both arguments
  // must outlive this object.
  Result<void> start(const AttemptPlan& plan, Surroundings& around);

  pid_t pid() const { return pid_; }  // -1: it has been reaped
  // Returns our children that do not belong to the test's tree.
  const std::vector<pid_t>& spared() const { return spared_; }
  // Returns the guard's latest report.
  const GuardReport& report() const { return report_; }
  GuardReport& report() { return report_; }
  bool has_reported() const { return has_reported_; }
  // Returns the containment around the test; null: there is none.
  AttemptContainment* containment() { return containment_ ? &*containment_ : nullptr; }
  // Returns a descriptor that is readable when there is something for listen(); -1: nothing will
  // come any more.
  int fd() const { return has_hung_up_ ? -1 : link_.get(); }

  void order(const GuardOrder& what);

  // Reads new reports. Returns true once, when the guard has exited.
  bool listen();

  // To be called when other code has reaped our child `pid`.
  void note_reaped(pid_t pid) {
    if (pid == pid_) pid_ = -1;
  }
  // Kills a guard that does not obey, most likely because it is stopped.
  void kill() const;
  // Kills and reaps the guard. To be called after the guard's last report and before anybody hears
  // that the attempt is over. Until this call the guard may hold the locks, and in a container
  // perhaps nobody else reaps it. Does nothing if the guard stays with leftovers.
  void reap();

 private:
  Result<pid_t> fork_contained(const AttemptPlan& plan);
  void post_warden(const AttemptPlan& plan, pid_t guard);

  pid_t pid_ = -1;
  std::vector<pid_t> spared_;
  os::UniqueFd link_;
  std::optional<AttemptContainment> containment_;
  GuardReport report_;
  bool has_hung_up_ = false;
  bool has_reported_ = false;
};

// Writes the attempt's record and tells the keeper, in the place of a killed launcher.
void record_in_launchers_place(const AttemptPlan& plan, const GuardReport& report,
                               std::int64_t wall_us);

}  // namespace holdfast::supervision
