// The guard as the launcher sees it: a child to start, to give orders to, to listen to, to bury.
#pragma once

#include <optional>
#include <vector>

#include "core/base/duration.hpp"
#include "os/file/unique_fd.hpp"
#include "supervision/attempt/attempt_containment.hpp"
#include "supervision/attempt/attempt_plan.hpp"
#include "supervision/base/guard_messages.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::supervision {

class GuardProcess {
 public:
  // Forks it, with what the plan wants around the test; from here on this process is a subreaper
  // and its working directory is /. A child of ours that exists already is not the test's.
  // To be called once, with SIGCHLD taken; both arguments must outlive this object.
  Result<void> start(const AttemptPlan& plan, Surroundings& around);

  pid_t pid() const { return pid_; }  // -1: it has been reaped
  // Our children that are not of the test's tree.
  const std::vector<pid_t>& spared() const { return spared_; }
  // What it has said last.
  const GuardReport& report() const { return report_; }
  GuardReport& report() { return report_; }
  bool has_reported() const { return has_reported_; }
  // What is around the test; null: nothing is.
  AttemptContainment* containment() { return containment_ ? &*containment_ : nullptr; }
  // Readable when it has said something; -1: it will not any more.
  int fd() const { return has_hung_up_ ? -1 : link_.get(); }

  void order(const GuardOrder& what);

  // Reads what it has said since. True when it has exited, said once.
  bool listen();

  // Somebody else has reaped this child of ours.
  void note_reaped(pid_t pid);
  // It does not do what it was told to: stopped, most likely.
  void kill() const;
  // When it has said its last word, before anybody hears that the attempt is over: until then its
  // locks are held, and in a container nobody else may reap it. Not where it stays with leftovers.
  void bury();

 private:
  pid_t fork_contained(const AttemptPlan& plan);
  void post_warden(const AttemptPlan& plan, pid_t guard);
  void read_reports();

  pid_t pid_ = -1;
  std::vector<pid_t> spared_;
  os::UniqueFd link_;
  std::optional<AttemptContainment> containment_;
  GuardReport report_;
  bool has_hung_up_ = false;
  bool has_reported_ = false;
};

}  // namespace holdfast::supervision
